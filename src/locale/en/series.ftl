field-zone-not-events = The time zone of a series is its event’s: { $zone }.
field-zone-of-series = The event has a series, so its time zone stays; make another event instead.
field-series-all-off = By this rule and the days off, no sitting takes place at all; change the rule, or what a day off does.
field-series-key-stays = The key of a series never changes: it is “{ $key }”.
field-series-keeps-dates = Several sittings keep their dates and change their time only; to change dates, change this one alone or the rule of the series.
field-no-series = This sitting is of no series; only it can be changed.
field-only-this = Only this one can be marked so, not several at once.
field-bad-capacity = Should be a whole number from 1 to { $limit }.
