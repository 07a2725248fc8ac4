field-at-in-future = 时间在未来，超出时钟误差。
field-two-people = 工号与编号不是同一个人。
field-off-roster = 此人不在应到名单中，只能记为到会、迟到或早退。
field-bad-moment = 不是带时区的 RFC 3339 时间，例如 2024-03-12T09:05:00+08:00。
field-names-nobody = 请用 staff_no、person_id 或 code 指明人员。
field-unknown-status = 不是 present、late、left_early、excused、made_up、absent、exempt 之一。
