//! Check-ins: all that wait at one moment go into one transaction, and each is answered after its commit.

/// Where check-ins wait for their transaction.
pub struct CheckInWriter;
