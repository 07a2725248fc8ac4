field-unknown-figure = 没有这个指标；请用报告中的路径，如 kinds.lecture.expected。
