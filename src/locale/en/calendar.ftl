calendar-name = Pufa · { $name }
calendar-required = attendance required
calendar-optional = attendance optional
calendar-topics = Topics: { $topics }
field-no-such-staff = There is nobody with the staff number “{ $value }”.
calendar-busy = Busy
calendar-name-public = { $org } open events
