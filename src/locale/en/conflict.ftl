problem-conflicts = There are conflicts with other sessions, places or days ({ $n }); resolve them, or say why they do not matter.
problem-not-undone = This cannot be taken back any more.
field-bad-slot-length = is no length such as PT2H.
field-too-long-a-day = is longer than a day's hours of work ({ $limit } minutes).
field-override-needed = Say why, in spite of the conflicts.
conflict-place = { $when }: “{ $place }” is in use by { $other }
conflict-speaker = { $when }: { $names } also speaks in { $other }
conflict-person = { $when }: { $names } must also be in { $other }
conflict-capacity = { $when }: { $expected } must come, the event is for { $capacity }
conflict-capacity-place = { $when }: { $expected } must come, “{ $place }” holds { $capacity }
conflict-day-off = { $day } is a day off
conflict-holiday = { $day } is a day off ({ $name })
conflict-no-notice = No holiday notice for { $year } is known; days off go by weekends alone
conflict-hours = { $when } is outside the hours of work ({ $hours })
conflict-other = “{ $title }” ({ $host }, { $when })
conflict-other-draft = the draft “{ $title }” ({ $host }, { $when })
conflict-other-hidden = another body's event ({ $when })
conflict-and-others = { $names } and others, { $n } in all
conflict-sort-place = place
conflict-sort-speaker = speaker
conflict-sort-person = people
conflict-sort-capacity = room
conflict-sort-day-off = day off
conflict-sort-working-hours = working hours
conflict-title = { $n ->
    [one] One conflict
   *[other] { $n } conflicts
 }
conflict-hints-title = Also worth knowing
conflict-open-other = Open
conflict-more = { $n } more
conflict-other-times = Another time
conflict-other-places = Another place
conflict-no-times = Within 60 days there is no time of work at which everybody is free.
conflict-place-size = { $name } ({ $n } seats)
conflict-to-time = Move to { $when }
conflict-to-place = Use { $name }
conflict-by-hand = Change time or place yourself
conflict-anyway = Keep it as it is
conflict-anyway-hint = The reason is kept in the event's history.
conflict-anyway-publish = { $n ->
    [0] Publish all the same
    [one] Publish all the same and send one mail
   *[other] Publish all the same and send { $n } mails
 }
conflict-anyway-move = Move there all the same
conflict-overridden = In spite of conflicts: { $list }
conflict-count = { $sort } ×{ $n }
page-move = Change time or place
page-move-title = Change time or place
page-move-tells = { $n ->
    [one] One person is
   *[other] { $n } people are
 } told of the new time and place at once.
page-move-quiet = A draft: the change sends nothing.
page-move-save = Save
page-move-save-tell = { $n ->
    [one] Save and send one mail
   *[other] Save and send { $n } mails
 }
page-move-place-hint = Empty: the event's place, { $place }
page-done-moved = Time or place changed
page-deed-conflict-override = Arranged so in spite of conflicts
