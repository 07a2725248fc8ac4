field-required = 不能为空。
field-unknown-org = 没有编号为“{ $value }”的单位。
field-unknown-kind = 没有“{ $value }”这种活动类型。
field-bad-email = 不是有效的邮箱地址。
field-email-taken = 这个邮箱已有账号。
