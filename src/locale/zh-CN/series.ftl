field-zone-not-events = 系列的时区应与活动的相同：{ $zone }。
field-zone-of-series = 活动有系列，时区不能改；请另建一个活动。
field-series-all-off = 按这条规律和休息日的安排，一次也不举行；请改规律，或改遇休息日的办法。
field-series-key-stays = 系列的编号不能改，应为“{ $key }”。
field-series-keeps-dates = 改多次时各次日期不变，只改时间；要改日期，请只改这一次，或改系列的规律。
field-no-series = 这一次不属于任何系列，只能改它自己。
field-only-this = 只能对这一次标记，不能一次标记多次。
field-bad-capacity = 应为 1 到 { $limit } 的整数。
