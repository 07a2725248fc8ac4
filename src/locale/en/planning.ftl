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
plan-field-remind-whom = Remind
plan-field-after = Mails afterwards
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
field-other-year = The day lies in { $year }.
field-plan-item = Choose a kind, or write the name of a metric, such as materials.
field-plan-item-twice = The organisation has that item this year; change the one that is there.
field-plan-target = The target is a whole number from 1 to { $limit }.
plan-next = Lay out the next year
plan-next-title = { $year } for review
plan-next-hint = { $to } laid out from the events and the plan of { $from }; drafts are made once you have looked: nothing is published and nobody is told
plan-copy-from = Copy from
plan-bad-year = The year is 1990 to 2198.
plan-next-refused = One event cannot be copied as it is; nothing was made
plan-next-unknown = No notice of the days off of { $year } yet: only weekends are known
plan-next-unknown-hint = No day here is set as a working day. Each draft's checklist says to check once the notice is out. When it is, import it first, then lay out or check.
plan-next-begun = { $year } has begun; check days that have passed
plan-next-events = { $n ->
    [one] { $n } event
   *[other] { $n } events
}
plan-next-items = { $n ->
    [one] { $n } plan item
   *[other] { $n } plan items
}
plan-next-there = Made
plan-next-old = the event of { $year }
plan-next-day-of = New day of { $title }, which was on { $day }
plan-next-moved = Off a day off
plan-next-off = { $day } is a day off
plan-next-make = Make drafts of those ticked
plan-next-look = Check with the changed days
plan-next-quiet = Only drafts; publish them one by one later
plan-next-all-there = All are made; check and publish them in the list of events.
plan-next-none = Nothing of { $year } can be copied.
plan-next-done = New: { $made } events and { $items } plan items; there already and left as they are: { $there } events and { $items_there } plan items
plan-semicolon = {"; "}
plan-mind = Note
plan-why-nth = still { $weekday } number { $nth } of { $month }
plan-why-last = the last { $weekday } of { $month }
plan-why-month-end = still a working day at the end of { $month }
plan-why-observance = goes with { $name } ({ $days })
plan-why-after = still { $n ->
    [one] { $n } working day
   *[other] { $n } working days
} after the sitting before
plan-why-same-day = still on the day of the sitting before
plan-why-rule = by the rule of its series
plan-why-by-hand = the day that you chose
plan-moved-holiday = { $day } or a day after it is off for { $holiday }: moved to the nearest working day
plan-moved-off = { $day } or a day after it is off: moved to the nearest working day
plan-warn-was-off = It lay on a day off and is now on a working day; change the day if it is to stay on a day off.
plan-warn-spans = There is no such run of working days: days off lie between.
plan-warn-expected = Expected, no notice yet: the days are those of other years. The draft's checklist says to check them.
plan-warn-gone = The observance that it was held for is not kept that year; it is laid out like any other.
plan-warn-draft = The old event was never published, so it is not ticked.
plan-task-observance = Once the notice is out, check the dates of { $name }
plan-task-notice = Once the notice of days off is out, check that it is a working day
plan-items = Plan
plan-item = Item
plan-target = Target
plan-due = Due
plan-show = Show
field-plan-year = The year is 1990 to 2199.
plan-year-title = Plan of { $year }
plan-count-done = { $n } done
plan-count-under-way = { $n } under way
plan-count-not-started = { $n } not started
plan-count-overdue = { $n } overdue
plan-state-not-started = Not started
plan-state-under-way = Under way { $done }/{ $target }
plan-state-done = Done
plan-state-overdue = Overdue by { $n ->
    [one] { $n } day
   *[other] { $n } days
}
plan-done-of-target = Done/target
plan-due-year = End of year
plan-from-template = New event from template
plan-none = No plan for { $year } yet. Add items below, or import plan.csv.
plan-from-year = Lay it out from { $year }
plan-item-add = Add item
plan-item-kind = Kind of event
plan-item-metric = Or a metric
plan-item-metric-hint = Such as materials (handed out); written here, it counts instead of the kind.
plan-item-change-name = Change item: { $name }
plan-item-added = Item added
plan-item-changed = Item changed
plan-item-removed = Item removed
plan-item-remove = Remove item
plan-item-remove-hint = Events and records stay as they are.
plan-item-remove-name = Remove “{ $name }”
plan-item-meanwhile-title = Somebody changed this item while you were writing
plan-item-meanwhile = The target is now { $target }, due { $due }. Save again to let yours stand.
plan-ways = Tools
plan-observances = Observances
plan-observances-hint = The year's dates, what sets them, and what is planned
plan-next-from = Lay out { $to } from { $from }
plan-next-short = Events and plan items, off days off; drafts after review
plan-planner = Year planner
plan-planner-hint = The year on one page, to print
plan-holidays = Days off
plan-holidays-hint = Each year's notice; import a new one
plan-places = Places
plan-places-hint = Rooms and halls with their capacity
field-outside-observance = The day lies between { $from } and { $to }.
plan-year = Year
plan-source = Source
plan-day-off = Day off
plan-observance-title = { $name } { $year }
plan-observances-of = Observances of { $year }
plan-observances-unknown = No notice of the days off of { $year } yet: only weekends are known.
plan-observances-none = No observance is known for { $year }.
plan-observance-set = Set
plan-observance-expected = Expected, no notice yet
plan-observance-expected-hint = As in other years; the notice will have the word
plan-observance-nothing = Nothing planned yet
plan-observance-draft-name = Make a draft: { $name }
plan-observance-draft-title = Make a draft: { $name } { $year }
plan-observance-time = Choose time
plan-observance-time-name = Choose time: { $name }
plan-observance-whole = All of it, { $days }, whole days
plan-observance-whole-day = Whole day
plan-observance-one-day = One day of it:
plan-observance-past = These days have passed; check the year
plan-warn-kept = The old series stayed on days off; now its sittings move to the working day after. You can change that in the draft.
plan-warn-goes-on = This series has sittings in the new year already, so it is not ticked.
plan-sittings-n = { $n ->
    [one] { $n } sitting
   *[other] { $n } sittings
}
plan-left-out = { $n } left out for days off
plan-moved-from = moved from { $day }
