//! Addresses that mail can be sent to.

use entity::person;
use sea_orm::sea_query::{Expr, Func, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IntoSimpleExpr, QueryFilter, QueryOrder};

/// A condition that a column holds an address, however either is written.
pub fn is_address(column: impl ColumnTrait, address: &str) -> SimpleExpr {
    let lower = address.trim().to_lowercase();
    let mut forms = vec![canonical(&lower), lower];
    // The column has it as it was typed: `xn--` or not.
    let shown = forms[0].rsplit_once('@').filter(|(_, domain)| domain.contains("xn--"));
    let shown = shown.map(|(local, domain)| format!("{local}@{}", url::quirks::domain_to_unicode(domain)));
    forms.extend(shown);
    forms.sort_unstable();
    forms.dedup();
    Expr::expr(Func::lower(column.into_simple_expr())).is_in(forms)
}

/// An address as it is compared: lower case, its domain as it goes over the wire (RFC 5890: `xn--` for what is not
/// ASCII), for mail programs and servers write either.
#[must_use]
pub fn canonical(address: &str) -> String {
    let lower = address.trim().to_lowercase();
    let Some((local, domain)) = lower.rsplit_once('@').filter(|(_, domain)| !domain.is_ascii()) else { return lower };
    match url::quirks::domain_to_ascii(domain) {
        wire if wire.is_empty() => lower,
        wire => format!("{local}@{wire}"),
    }
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
    fn a_domain_is_the_same_in_either_form() {
        for (written, compared) in [
            ("KJ001@Example.test", "kj001@example.test"),
            ("KJ001@例子.测试", "kj001@xn--fsqu00a.xn--0zwm56d"),
            ("干部@XN--FSQU00A.xn--0zwm56d", "干部@xn--fsqu00a.xn--0zwm56d"),
            ("干部", "干部"),
        ] {
            assert_eq!(canonical(written), compared);
        }
    }

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
