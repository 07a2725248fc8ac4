field-bad-nonce = Is no nonce: 1 to 200 characters, no control characters.
field-below-zero = The total so far is { $total }; it cannot fall below zero.
field-out-of-range = Lies beyond { $limit }.
