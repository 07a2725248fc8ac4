field-bad-nonce = nonce 应为 1 到 200 个字符，不含控制字符。
field-below-zero = 目前合计 { $total }，不能减到零以下。
field-out-of-range = 超出 { $limit } 的范围。
