field-required = Must not be empty.
field-unknown-org = There is no organisation with the code "{ $value }".
field-unknown-kind = There is no event kind "{ $value }".
field-bad-email = Is no valid e-mail address.
field-email-taken = That address has an account already.
