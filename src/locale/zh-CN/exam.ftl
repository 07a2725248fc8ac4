field-not-an-exam = 该活动的类型不是考试。
field-bad-attempt = 次数应为 1 到 100。
field-bad-score = 不是有效的分数，应为 0 到 100000 的数。
field-result-twice = 同一人同一次考试在此出现了两次。
