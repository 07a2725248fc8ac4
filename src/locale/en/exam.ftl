field-not-an-exam = The event is of no kind of exam.
field-bad-attempt = Attempts count from 1 to 100.
field-bad-score = Is no score: a number from 0 to 100,000.
field-result-twice = This person and attempt stand here twice.
