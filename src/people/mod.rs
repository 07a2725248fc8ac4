//! Organisations as a tree, persons, and who belonged where on which day.
//!
//! Whoever changes anything here calls [`touch`] in the same transaction, so that caches elsewhere let go.

mod email;
mod membership;
mod number;
mod stay;
mod tree;

pub use email::{canonical, is_address, is_email, with_email};
pub use membership::{Member, each_member_on, member_on, members_after, members_by_day, members_on};
pub use number::{by_number, by_numbers};
pub use stay::{Stay, stays_of, stays_where};
pub use tree::{OrgTree, below, by_code, by_codes, is_below, rebuild_closure, select_below};

use sea_orm::{ConnectionTrait, DbErr};

/// The counter of the `revision` table that grows with any change here.
pub const REVISION: &str = "people";

/// Says that organisations, persons, memberships or groups changed.
pub async fn touch(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    crate::db::bump(db, REVISION).await
}
