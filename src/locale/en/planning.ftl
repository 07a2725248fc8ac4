nav-planning = Planning
field-unknown-placeholder = “{ $value }” stands for nothing; only {"{"}year{"}"}, {"{"}quarter{"}"}, {"{"}month{"}"} and {"{"}day{"}"} do.
field-name-taken = Your organisation has a template of that name; choose another.
field-bad-clock = No time of day; write it as 14:30.
field-bad-length = The length is 1 to { $limit } minutes.
field-bad-days = The number of days is 1 to { $limit }.
plan-templates = Event templates
plan-templates-hint = What events of one sort have in common; using one takes a date
plan-templates-none = No templates yet. Make one, save an event as a template from its page, or take one of those below.
plan-templates-above = Templates of organisations above
plan-templates-below = Templates of organisations below
plan-template-new = New template
plan-template-change = Change template
plan-time-and-length = Time
plan-recurs = Series
plan-tasks-n = { $n ->
    [one] { $n } checklist item
   *[other] { $n } checklist items
}
plan-use = Use
plan-use-name = Use template: { $name }
plan-more-name = More: { $name }
plan-change = Change
plan-copy = Copy
plan-copy-name = { $name } ({ $n })
plan-delete = Delete template
plan-delete-name = Delete “{ $name }”
plan-delete-hint = Events made from it stay as they are. It cannot be brought back.
plan-starters = Common templates
plan-starters-hint = Taking one copies it into your organisation, where you can change it.
plan-take = Take
plan-take-name = Take: { $name }
plan-done-made = Template “{ $name }” made
plan-done-saved = Template “{ $name }” saved
plan-done-deleted = Template “{ $name }” deleted
plan-days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}
plan-hours = { $n ->
    [one] { $n } hour
   *[other] { $n } hours
}
plan-minutes = { $n } minutes
plan-field-name = Template name
plan-field-org-code = Whose template
plan-field-kind = Kind
plan-field-title-pattern = Title pattern
plan-field-starts-at = Start
plan-field-length = Length (minutes)
plan-field-days = Days
plan-field-location = Place
plan-field-audience = Audience
plan-field-reminders = Reminders
plan-field-topics = Topics
plan-field-also-kinds = Also counts as
plan-field-rrule = Recurrence
plan-field-on-day-off = On a day off
plan-field-form = Form of publicity
plan-field-tasks = To do before
plan-field-take = To take along
plan-hint-org = Organisations below may use it too.
plan-hint-pattern = { $year }, { $quarter }, { $month } and { $day } become those of the chosen date, for example: { $example }
plan-hint-audience = One a line, as in an event; { $own } is the organisation that uses the template.
plan-hint-rrule = Empty: once. From the chosen date on, by an RRULE (RFC 5545); without BYDAY it keeps the date's own day.
plan-hint-lines = One a line
plan-rule-weekly = Every week, 10 times
plan-rule-monthly = Every month, 12 times
plan-rule-quarterly = Every quarter, 4 times
plan-rule-second-thursday = The second Thursday of a quarter, 4 times
plan-by-clock = By the clock
plan-whole-days = Whole days
plan-reminders-kind = As set for the kind
plan-reminders-own = Its own:
plan-off-keep = Kept
plan-off-skip = Left out
plan-off-before = Working day before
plan-off-after = Working day after
plan-meanwhile = Somebody changed this template while you were writing
plan-use-title = New event from “{ $name }”
plan-use-draft = Make a draft
plan-use-form = Open the full form
plan-use-unfit = The template no longer fits; change it first
plan-first-date = First date
plan-gives = What it gives
plan-save-as = Save as template
page-done-created-past = Draft saved. Its date has passed; please check.
