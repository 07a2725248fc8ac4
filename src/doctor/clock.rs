//! Whether the clock can be believed, and time zones are known.

use chrono::{DateTime, Offset, TimeDelta, TimeZone, Utc};
use entity::{audit, outbox};
use sea_orm::sea_query::{Func, Query};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, EntityTrait, QuerySelect};

use super::Finding;
use crate::dates::Zone;

/// How far a row may lie ahead: two servers never agree to the second.
const SLACK: TimeDelta = TimeDelta::minutes(2);
/// How far the database server's clock may be off.
const APART: TimeDelta = TimeDelta::seconds(2);

/// What the zone's data say of this moment.
pub(super) fn of_zone(zone: Zone, now: DateTime<Utc>) -> Finding {
    let local = zone.0.from_utc_datetime(&now.naive_utc());
    Finding::ok("clock")
        .with("now", local.format("%Y-%m-%d %H:%M:%S"))
        .with("zone", zone.0.name())
        .with("offset", local.offset().fix())
        .with("data", chrono_tz::IANA_TZDB_VERSION)
}

/// Whether rows come from the future, and what the database server's clock shows.
pub(super) async fn of_rows(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Vec<Finding>, DbErr> {
    let deed: Option<Option<DateTime<Utc>>> = audit::Entity::find()
        .select_only()
        .column_as(sea_orm::ColumnTrait::max(&audit::Column::At), "at")
        .into_tuple()
        .one(db)
        .await?;
    let message: Option<Option<DateTime<Utc>>> = outbox::Entity::find()
        .select_only()
        .column_as(sea_orm::ColumnTrait::max(&outbox::Column::CreatedAt), "at")
        .into_tuple()
        .one(db)
        .await?;
    let newest = deed.flatten().max(message.flatten());
    let mut findings = match newest {
        Some(at) if at > now + SLACK => {
            vec![Finding::fail("clock-behind").with("at", at.format("%Y-%m-%d %H:%M:%S UTC"))]
        }
        Some(_) => vec![Finding::ok("clock-rows")],
        None => Vec::new(),
    };
    if db.get_database_backend() == DbBackend::Postgres {
        let query = Query::select().expr(Func::cust("clock_timestamp")).to_owned();
        if let Some(row) = db.query_one(&query).await? {
            findings.push(of_server(row.try_get_by_index(0)?, now));
        }
    }
    Ok(findings)
}

fn of_server(there: DateTime<Utc>, now: DateTime<Utc>) -> Finding {
    let apart = (there - now).abs();
    let finding = match apart {
        _ if apart > SLACK => Finding::fail("clock-apart"),
        _ if apart > APART => Finding::warn("clock-apart"),
        _ => Finding::ok("clock-server"),
    };
    finding.with("seconds", apart.num_seconds())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Grade;

    #[test]
    fn clocks_that_differ_are_told_by_how_much() {
        let now: DateTime<Utc> = "2024-03-12T00:00:00Z".parse().unwrap();
        let grade = |seconds| of_server(now + TimeDelta::seconds(seconds), now).grade;
        assert_eq!(
            [grade(0), grade(-2), grade(3), grade(-60), grade(121)],
            [Grade::Ok, Grade::Ok, Grade::Warn, Grade::Warn, Grade::Fail]
        );
    }

    #[test]
    fn the_zone_shows_its_offset() {
        let now: DateTime<Utc> = "2024-03-12T00:00:00Z".parse().unwrap();
        let found = of_zone(Zone(chrono_tz::Asia::Shanghai), now);
        assert!(found.args.contains(&("now", "2024-03-12 08:00:00".to_owned())), "{found:?}");
        assert!(found.args.contains(&("offset", "+08:00".to_owned())), "{found:?}");
    }
}
