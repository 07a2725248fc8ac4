field-unknown-figure = There is no figure of that name; take a path of the report, such as kinds.lecture.expected.
