calendar-name = 普法 · { $name }
calendar-required = 必须参加
calendar-optional = 自愿参加
calendar-topics = 内容：{ $topics }
field-no-such-staff = 没有工号为“{ $value }”的人。
calendar-busy = 忙
calendar-name-public = { $org }面向公众的活动
