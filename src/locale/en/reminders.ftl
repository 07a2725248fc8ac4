mail-moot-opted-out = Not sent: they want no reminders.
mail-moot-digest = Not sent: they get one mail a morning instead.
mail-moot-declined = Not sent: they declined.
mail-moot-excused = Not sent: they are on leave or exempt.
mail-moot-has-answered = Not sent: they have answered, and only those who have not are reminded.
mail-moot-checked-in = Not sent: they have checked in, and only those who have not are reminded.
