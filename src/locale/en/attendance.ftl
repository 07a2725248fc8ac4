field-at-in-future = Lies in the future by more than clocks differ.
field-two-people = Number and id name two different people.
field-off-roster = This person is not on the roster: only present, late or left_early can be said of them.
field-bad-moment = Is no moment in RFC 3339 with an offset, such as 2024-03-12T09:05:00+08:00.
field-names-nobody = Name the person by staff_no, person_id or code.
field-unknown-status = Is none of present, late, left_early, excused, made_up, absent, exempt.
