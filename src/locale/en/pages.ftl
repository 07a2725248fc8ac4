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
