//! A person's memberships as a course through time, and what a step does to it. Pure.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use entity::id::{MembershipId, OrganisationId, PersonId};

use crate::error::FieldProblem;
use crate::people::Stay;

/// Where somebody belongs, in which post, with which labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Of which organisation.
    pub organisation_id: OrganisationId,
    /// As shown; may be empty.
    pub title: String,
    /// Labels.
    pub groups: BTreeSet<String>,
}

/// One change of a course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Joins, or comes back, on a day on which they belong nowhere.
    Begin {
        /// The first day.
        from: NaiveDate,
        /// Where.
        place: Place,
    },
    /// From a day on elsewhere, in another post, or with other labels: what held ends the day before. What was to end
    /// on some day still does.
    Change {
        /// The first day of the new.
        from: NaiveDate,
        /// Where.
        place: Place,
    },
    /// Leaves.
    Retire {
        /// The last day.
        last: NaiveDate,
    },
    /// Puts a membership right that was written down wrongly.
    Correct {
        /// Which.
        id: MembershipId,
        /// The first day.
        from: NaiveDate,
        /// The last day; None is open.
        to: Option<NaiveDate>,
        /// Where.
        place: Place,
    },
    /// Takes a membership out that never was.
    Remove {
        /// Which.
        id: MembershipId,
    },
}

/// The course after a step, by first day; or what is wrong with the step.
pub fn take(before: &[Stay], who: PersonId, step: &Step) -> Result<Vec<Stay>, FieldProblem> {
    let mut after = before.to_vec();
    let new = |from, to, place: &Place| Stay {
        person_id: who,
        from,
        to,
        organisation_id: place.organisation_id,
        title: place.title.clone(),
        groups: place.groups.clone(),
        id: None,
    };
    match step {
        Step::Begin { from, place } => after.push(new(*from, None, place)),
        Step::Change { from, place } => {
            let held = holding(&mut after, *from, "from")?;
            if held.from == *from {
                *held = Stay { id: held.id, ..new(*from, held.to, place) };
            } else if held.organisation_id == place.organisation_id
                && held.title == place.title
                && held.groups == place.groups
            {
                return Err(FieldProblem::new("from", "nothing-changes"));
            } else {
                let next = new(*from, held.to, place);
                held.to = from.pred_opt();
                after.push(next);
            }
        }
        Step::Retire { last } => {
            if let Some(later) = after.iter().find(|stay| stay.from > *last) {
                return Err(FieldProblem::new("last", "later-stay").with("from", later.from));
            }
            holding(&mut after, *last, "last")?.to = Some(*last);
        }
        Step::Correct { id, from, to, place } => {
            *numbered(&mut after, *id)? = Stay { id: Some(*id), ..new(*from, *to, place) };
        }
        Step::Remove { id } => {
            numbered(&mut after, *id)?;
            if after.len() == 1 {
                return Err(FieldProblem::new("act", "only-stay"));
            }
            after.retain(|stay| stay.id != Some(*id));
        }
    }
    after.sort_by_key(|stay| stay.from);
    check(&after, matches!(step, Step::Retire { .. }).then_some("last").unwrap_or("from"))?;
    if after == before { Err(FieldProblem::new("from", "nothing-changes")) } else { Ok(after) }
}

fn holding<'a>(course: &'a mut [Stay], day: NaiveDate, field: &str) -> Result<&'a mut Stay, FieldProblem> {
    course.iter_mut().find(|stay| stay.holds_on(day)).ok_or_else(|| FieldProblem::new(field, "not-a-member"))
}

fn numbered(course: &mut [Stay], id: MembershipId) -> Result<&mut Stay, FieldProblem> {
    course.iter_mut().find(|stay| stay.id == Some(id)).ok_or_else(|| FieldProblem::new("act", "no-such-stay"))
}

/// Refuses an end before its begin, and two memberships of one day. The course is sorted by first day.
fn check(course: &[Stay], field: &str) -> Result<(), FieldProblem> {
    if course.iter().any(|stay| stay.to.is_some_and(|to| to < stay.from)) {
        return Err(FieldProblem::new("to", "last-before-first"));
    }
    match course.windows(2).find(|pair| pair[0].meets(&pair[1])) {
        None => Ok(()),
        Some(pair) => {
            let end = pair[0].to.map_or_else(String::new, |to| to.to_string());
            let days = format!("{}–{end}", pair[0].from);
            Err(FieldProblem::new(field, "stays-overlap").with("days", days).with("from", pair[1].from))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WHO: PersonId = PersonId(1);

    fn day(n: u64) -> NaiveDate {
        "2024-01-01".parse::<NaiveDate>().unwrap() + chrono::Days::new(n)
    }

    fn place(org: i64) -> Place {
        Place { organisation_id: OrganisationId(org), title: String::new(), groups: BTreeSet::new() }
    }

    fn stay(id: i64, from: u64, to: Option<u64>, org: i64) -> Stay {
        Stay {
            person_id: WHO,
            from: day(from),
            to: to.map(day),
            organisation_id: OrganisationId(org),
            title: String::new(),
            groups: BTreeSet::new(),
            id: Some(MembershipId(id)),
        }
    }

    fn code(before: &[Stay], step: &Step) -> &'static str {
        take(before, WHO, step).map_or_else(|problem| problem.code, |_| "")
    }

    #[test]
    fn a_transfer_ends_what_held_the_day_before_and_keeps_its_end() {
        let before = [stay(1, 0, Some(100), 1)];
        let after = take(&before, WHO, &Step::Change { from: day(50), place: place(2) }).unwrap();
        assert_eq!(after[0], stay(1, 0, Some(49), 1));
        assert_eq!(after[1], Stay { id: None, ..stay(0, 50, Some(100), 2) });
        let same_day = take(&before, WHO, &Step::Change { from: day(0), place: place(2) }).unwrap();
        assert_eq!(same_day, [stay(1, 0, Some(100), 2)]);
    }

    #[test]
    fn what_does_not_hold_is_named() {
        let before = [stay(1, 0, Some(9), 1), stay(2, 20, None, 2)];
        assert_eq!(code(&before, &Step::Change { from: day(15), place: place(3) }), "not-a-member");
        assert_eq!(code(&before, &Step::Change { from: day(30), place: place(2) }), "nothing-changes");
        assert_eq!(code(&before, &Step::Begin { from: day(12), place: place(3) }), "stays-overlap");
        assert_eq!(code(&before, &Step::Retire { last: day(5) }), "later-stay");
        assert_eq!(code(&before, &Step::Retire { last: day(25) }), "");
        let wrong = Step::Correct { id: MembershipId(2), from: day(9), to: None, place: place(2) };
        assert_eq!(code(&before, &wrong), "stays-overlap");
        let backwards = Step::Correct { id: MembershipId(1), from: day(9), to: Some(day(8)), place: place(1) };
        assert_eq!(code(&before, &backwards), "last-before-first");
        assert_eq!(code(&before, &Step::Remove { id: MembershipId(7) }), "no-such-stay");
        assert_eq!(code(&before[..1], &Step::Remove { id: MembershipId(1) }), "only-stay");
        assert_eq!(code(&before[..1], &Step::Begin { from: day(10), place: place(1) }), "");
    }

    proptest! {
        /// Whatever steps are taken, nobody ever belongs to two organisations on one day, and no day before a step's day
        /// changes.
        #[test]
        fn steps_never_overlap_nor_touch_days_before_them(steps in prop::collection::vec((0_u8..3, 1_u64..300, 1_i64..4), 1..12)) {
            let mut course = vec![stay(1, 0, None, 1)];
            for (sort, n, org) in steps {
                let step = match sort {
                    0 => Step::Begin { from: day(n), place: place(org) },
                    1 => Step::Change { from: day(n), place: place(org) },
                    _ => Step::Retire { last: day(n) },
                };
                let Ok(after) = take(&course, WHO, &step) else { continue };
                for d in 0..301 {
                    let on = |course: &[Stay]| course.iter().filter(|s| s.holds_on(day(d))).map(|s| s.organisation_id).collect::<Vec<_>>();
                    prop_assert!(on(&after).len() <= 1);
                    if d < n {
                        prop_assert_eq!(on(&after), on(&course));
                    }
                }
                course = after;
            }
        }
    }
}
