//! Addresses that mail can be sent to.

use entity::person;
use sea_orm::sea_query::{Expr, Func, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IntoSimpleExpr, QueryFilter, QueryOrder};

/// A condition that a column holds an address, however either is written.
pub fn is_address(column: impl ColumnTrait, address: &str) -> SimpleExpr {
    Expr::expr(Func::lower(column.into_simple_expr())).eq(address.to_lowercase())
}

/// Everyone whose address that is, by staff number.
pub async fn with_email(db: &impl ConnectionTrait, address: &str) -> Result<Vec<person::Model>, DbErr> {
    person::Entity::find()
        .filter(is_address(person::Column::Email, address))
        .order_by_asc(person::Column::StaffNo)
        .all(db)
        .await
}

/// Whether a text looks like `local@domain`: one `@`, no blanks or control characters, neither side empty, at most 254
/// octets (RFC 5321 section 4.5.3.1). Whether it exists only a delivery tells.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    text.len() <= 254
        && !local.is_empty()
        && local.len() <= 64
        && !domain.is_empty()
        && !domain.contains('@')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>(),;:\\\"[]".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_addresses_pass_and_injections_do_not() {
        for good in ["kj001@example.test", "a@localhost", "干部@example.test"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\r\nBcc: x@y", "<a@b>", "a@.b", "a,b@c"] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
