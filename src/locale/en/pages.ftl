page-sign-in = Sign in
page-email = E-mail
page-sign-in-hint = The address your office has on file. We send a link that works once; there is no password.
page-sign-in-send = Send a sign-in link
page-sign-in-sent = If { $email } is on file, a sign-in link is on its way; look at your mail.
page-sign-in-sent-hint = The link works for { $minutes } minutes and only once. At most one is sent a minute; if none arrives, look in the junk folder or ask your administrator about the address.
page-sign-in-demo = Demonstration: read the mail that was sent
page-sign-in-other = Use another address
page-sign-in-confirm = Confirm signing in
page-sign-in-confirm-hint = The link works once; the button uses it up.
page-sign-in-now = Sign in
page-account = My account
page-account-desk = Working account
page-account-person = Person
page-role = Role
page-role-admin = administrator
page-role-organizer = organiser
page-role-checker = checker
page-role-viewer = viewer
page-org = Organisation
page-org-and-below = { $org } and everything below
page-name = Name
page-staff-no = Staff number
page-post = Post
page-sign-out = Sign out
page-today = Today
page-month-before = Month before
page-month-after = Month after
page-month-events = Events of { $title }
page-month-empty = Nothing this month matches.
page-month-legend = Dashed: draft. Outlined: over. Struck: cancelled. A triangle: over, but nobody has recorded who came. Grey ground: weekend.
page-sessions-all = { $n } { $n ->
    [one] session
   *[other] sessions
}
page-count-running = Under way { $n }
page-count-held = Held { $n }
page-count-ahead = Ahead { $n }
page-count-draft = Drafts { $n }
page-count-cancelled = Cancelled { $n }
page-phase-running = under way
page-phase-held = held
page-phase-ahead = published
page-phase-draft = draft
page-phase-cancelled = cancelled
page-event-new = New event
page-filters = Filters
page-filter = Filter
page-filters-off = Clear filters
page-view = View
page-view-month = Month
page-view-list = List
page-unfinished = { $n ->
    [one] 1 session is left to finish.
   *[other] { $n } sessions are left to finish.
}
page-unfinished-hint = : nobody has recorded who came.
page-held-unfinished = held, attendance missing
page-list-comma = ,{" "}
page-and-more = {" "}and more
page-colon = :{" "}
page-all-day = All day
page-class-study = Study
page-class-meeting = Meeting
page-class-exam = Exam
page-class-outreach = Outreach
page-class-all = { $name }: all
page-kind = Kind
page-kind-all = All kinds
page-state = State
page-state-all = All states
page-search = Search events
page-search-hint = Title or place
page-year-title = Events of { $year }
page-year-before = Year before
page-year-after = Year after
page-year-empty = Nothing matches.
page-events-all = { $n ->
    [one] 1 event
   *[other] { $n } events
}
page-event = Event
page-time = Time
page-host = Host
page-sessions = Sessions
page-no-sessions = No time yet
page-paging = Pages
page-range = { $from }–{ $to } of { $total }
page-earlier = Previous
page-later = Next
page-days-before = { $n ->
    [one] 1 day before
   *[other] { $n } days before
}
page-hours-before = { $n ->
    [one] 1 hour before
   *[other] { $n } hours before
}
page-minutes-before = { $n } minutes before
page-comma = ,{" "}
page-expected = Expected
page-attended = Attended
page-status-missing = not here
page-status-present = present
page-status-late = late
page-status-left_early = left early
page-status-excused = on leave
page-status-made_up = made up
page-status-absent = absent
page-status-exempt = exempt
page-method-token = by token
page-method-organiser = roll call
page-method-paper = paper
page-method-code = code
page-method-import = imported
page-with-co-hosts = {" "}with { $names }
page-publish = Publish
page-go-check-in = Check in
page-edit = Edit
page-more = More actions
page-mark-held = Mark as held
page-cancel-session = Cancel this session
page-cancel-event = Cancel the event
page-steps = Progress
page-parts = This event
page-roster = Roster
page-roster-title = Roster and attendance
page-roster-frozen = The roster is fixed
page-roster-open = Follows changes of staff until the start
page-messages = Messages
page-history = History
page-meter = Expected { $expected }: attended { $attended } (late { $late }), on leave { $excused }, not here { $missing }
page-live-say = %1 of %2 are here
page-attended-says = Attended includes late and left early.
page-rate = { $percent } ({ $n }/{ $of })
page-rate-attended = Attendance { $rate }
page-rate-net = ; without leave { $rate }
page-walk-ins-too = { $n } more came without being on the roster.
page-find-person = Find a person
page-find-hint = Name or staff number
page-find = Find
page-section = Organisation
page-clock = Time
page-remark = How, note
page-actions = Actions
page-group-missing = Not here { $n }
page-group-invited = Invited, not here { $n }
page-group-away = On leave, made up, exempt { $n }
page-group-came = Here { $n }
page-group-walk-in = Came without being on the roster { $n }
page-check-in = Check in
page-check-in-name = Check in { $name }
page-set = Change
page-set-name = Change the state of { $name }
page-range-people = { $from }–{ $to } of { $total } people
page-nobody-found = Nobody found.
page-roster-empty-required = The audience names nobody yet.
page-roster-empty = Attendance is voluntary; nobody has checked in yet.
page-no-session-yet = No time is set yet.
page-message-invitation = Invitation
page-message-update = Update
page-message-cancellation = Cancellation
page-message-reminder = Reminder
page-message-sign-in = Sign-in link
page-sent-sent = { $n } sent
page-sent-queued = { $n } queued
page-sent-failed = { $n } to be tried again
page-sent-dead = { $n } not delivered
page-trouble-failed = will be tried again
page-trouble-dead = not delivered
page-attempts = { $n ->
    [one] Tried once.
   *[other] Tried { $n } times.
}
page-answer = The server said “{ $answer }”.
page-messages-none = Nothing has been sent yet.
page-messages-imported = Imported: sends no messages by itself.
page-about = Settings
page-required = The invited must attend
page-optional = Attendance is voluntary
page-walk-ins-yes = Others may check in
page-walk-ins-no = Only the invited may check in
page-audience = Audience
page-also-kinds = Counts also as
page-topics = Laws and topics
page-because = : { $reason }
page-history-none = Nothing yet.
page-actor-command = command line
page-deed-event-create = Event made
page-deed-event-change = Event changed
page-deed-event-publish = Published
page-deed-event-cancel = Event cancelled
page-deed-session-change = Session changed
page-deed-session-add = Sessions added
page-deed-session-cancel = Session cancelled
page-deed-attendance-set = { $person } set to { $status }
page-done-created = The draft is saved; no mail was sent
page-done-saved = Saved
page-done-published = Published; { $n } invitations are queued
page-done-cancelled = The event is cancelled
page-done-session-cancelled = The session is cancelled
page-done-held = Marked as held
page-done-set = The state is changed
page-done-checked-in = Checked in
page-publish-title = Publish “{ $title }”
page-publish-already = It is published; publishing again sends nothing.
page-publish-all-over = No session is ahead; publishing invites nobody.
page-publish-then = What publishing does
page-publish-invites = Invites { $people } people by { $letters } mails with a calendar entry
page-publish-no-address = { $n } have no address; tell them some other way
page-publish-reminders = Reminds by itself
page-publish-roster = Fixes each roster when its session starts; counts in the year's figures
page-publish-no-roster = Attendance is voluntary: no roster; who comes counts in the year's figures
page-publish-over = { $n } more sessions are over or cancelled; nobody is invited to them.
page-publish-send = { $n ->
    [one] Publish and send 1 invitation
   *[other] Publish and send { $n } invitations
}
page-more-sessions = and { $n } more
page-not-yet = Not yet
page-cancel-title = Cancel “{ $title }”
page-cancel-session-title = Cancel the session on { $when }
page-cancel-tells = { $n ->
    [one] One cancellation is mailed; the calendar entry goes too.
   *[other] { $n } cancellations are mailed; the calendar entries go too.
}
page-cancel-tells-none = No mail is sent.
page-cancel-for-good = This cannot be undone, and it will not count in any figure.
page-cancel-and-tell = Cancel and tell the invited
page-reason = Reason
page-reason-hint = Optional; goes into the mail and the history.
page-keep = Keep it
page-back-to-event = Back to the event
page-door-early = Check-in is not open yet; it opens { $opens }.
page-door-closed = Check-in is over.
page-door-closed-set = Record it in the roster
page-more-people = { $n } more people
page-came-after-all = Came
page-walk-in = not on the roster
page-walk-in-title = Somebody who is not on the list
page-walk-in-hint = Check in by staff number; recorded as a walk-in.
page-checked-in = { $name } is checked in ({ $status })
page-set-off-roster = Not on the roster: can only have been present, late or left early.
page-note = Note
page-note-hint = Optional. Every change is kept: who, when, to what.
page-save = Save
page-back = Back
