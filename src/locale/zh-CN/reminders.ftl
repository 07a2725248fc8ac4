mail-moot-opted-out = 未发送：本人不收提醒。
mail-moot-digest = 未发送：本人改收每日汇总。
mail-moot-declined = 未发送：本人已答复不参加。
mail-moot-excused = 未发送：本人已请假或免于参加。
mail-moot-has-answered = 未发送：本人已答复，只提醒未答复的人。
mail-moot-checked-in = 未发送：本人已签到，只提醒未签到的人。
