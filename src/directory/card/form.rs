//! What the forms of a person say.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::id::MembershipId;
use serde::{Deserialize, Serialize};

use crate::access::Actor;
use crate::directory::NewPerson;
use crate::directory::course::{Place, Step};
use crate::directory::typed;
use crate::error::{Error, FieldProblem, Result};
use crate::locale::Lang;
use crate::people::{OrgTree, Stay};
use crate::scheduling::wording;

/// Which change of a course is asked for, as addresses spell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// To another organisation.
    Transfer,
    /// In post or labels.
    Change,
    /// Leaves.
    Retire,
    /// Comes back.
    Return,
    /// A membership is put right.
    Correct(MembershipId),
}

impl Sort {
    /// The change of that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "transfer" => Some(Self::Transfer),
            "change" => Some(Self::Change),
            "retire" => Some(Self::Retire),
            "return" => Some(Self::Return),
            _ => None,
        }
    }

    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Change => "change",
            Self::Retire => "retire",
            Self::Return => "return",
            Self::Correct(_) => "correct",
        }
    }

    /// The deed, as the audit names it.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Transfer => "person.transfer",
            Self::Change => "person.change",
            Self::Retire => "person.retire",
            Self::Return => "person.return",
            Self::Correct(_) => "person.correct",
        }
    }
}

/// A form as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    /// `look`, `save` or `remove`.
    pub act: String,
    /// Of the memberships, as the writer saw them.
    pub seen: String,
    /// Staff number.
    pub staff_no: String,
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
    /// First day.
    pub from: String,
    /// Last day of a membership that is put right.
    pub to: String,
    /// Last day of somebody who leaves.
    pub last: String,
    /// Code of an organisation.
    pub org_code: String,
    /// Post.
    pub title: String,
    /// Labels ticked.
    pub groups: Vec<String>,
    /// Further labels.
    pub more_groups: String,
}

impl Typed {
    /// A form that says what a membership says.
    pub fn of(stay: &Stay, tree: &OrgTree) -> Self {
        Self {
            from: stay.from.to_string(),
            to: stay.to.map(|day| day.to_string()).unwrap_or_default(),
            org_code: tree.code(stay.organisation_id).to_owned(),
            title: stay.title.clone(),
            groups: stay.groups.iter().cloned().collect(),
            ..Self::default()
        }
    }

    fn place(&self, tree: &OrgTree, actor: &Actor, wrong: &mut Vec<FieldProblem>) -> Option<Place> {
        let title = wording::line("title", &self.title, typed::NAME, wrong);
        let groups = typed::groups("groups", &self.groups, &self.more_groups, wrong);
        let organisation = match tree.by_code(&self.org_code) {
            Some(org) if tree.is_below(org.id, actor.organisation) => Some(org.id),
            Some(org) => {
                wrong.push(FieldProblem::new("org_code", "other-body").with("org", &org.name));
                None
            }
            None if self.org_code.is_empty() => {
                wrong.push(FieldProblem::new("org_code", "required"));
                None
            }
            None => {
                wrong.push(FieldProblem::new("org_code", "unknown-org").with("value", wording::short(&self.org_code)));
                None
            }
        };
        Some(Place { organisation_id: organisation?, title, groups })
    }

    /// Name and address.
    pub fn identity(&self, wrong: &mut Vec<FieldProblem>) -> (String, Option<String>) {
        let name = wording::needed("name", &self.name, typed::NAME, wrong);
        (name, typed::email("email", &self.email, wrong))
    }

    /// Somebody who joins.
    pub fn new_person(&self, tree: &OrgTree, actor: &Actor) -> Result<NewPerson> {
        let mut wrong = Vec::new();
        let staff_no = typed::number("staff_no", &self.staff_no, &mut wrong);
        let (name, email) = self.identity(&mut wrong);
        let from = typed::day("from", &self.from, &mut wrong);
        let place = self.place(tree, actor, &mut wrong);
        match (from, place) {
            (Some(from), Some(place)) if wrong.is_empty() => Ok(NewPerson { staff_no, name, email, from, place }),
            _ => Err(Error::invalid(wrong)),
        }
    }

    /// The step that the form asks for. `stays` are the memberships as they stand.
    pub fn step(&self, sort: Sort, stays: &[Stay], tree: &OrgTree, actor: &Actor) -> Result<Step> {
        let mut wrong = Vec::new();
        let step = match sort {
            Sort::Retire => typed::day("last", &self.last, &mut wrong).map(|last| Step::Retire { last }),
            Sort::Transfer | Sort::Return => {
                let from = typed::day("from", &self.from, &mut wrong);
                let place = self.place(tree, actor, &mut wrong);
                from.zip(place).map(|(from, place)| match sort {
                    Sort::Return => Step::Begin { from, place },
                    _ => Step::Change { from, place },
                })
            }
            Sort::Change => {
                let from = typed::day("from", &self.from, &mut wrong);
                self.same_place(from, stays, &mut wrong)
            }
            Sort::Correct(id) if self.act.ends_with("remove") => Some(Step::Remove { id }),
            Sort::Correct(id) => {
                let from = typed::day("from", &self.from, &mut wrong);
                let to = typed::day_if_any("to", &self.to, &mut wrong);
                let place = self.place(tree, actor, &mut wrong);
                from.zip(place).map(|(from, place)| Step::Correct { id, from, to, place })
            }
        };
        match step {
            Some(step) if wrong.is_empty() => Ok(step),
            _ => Err(Error::invalid(wrong)),
        }
    }

    /// Another post or other labels in the organisation that the person belongs to on the day.
    fn same_place(&self, from: Option<NaiveDate>, stays: &[Stay], wrong: &mut Vec<FieldProblem>) -> Option<Step> {
        let from = from?;
        let Some(stay) = stays.iter().find(|stay| stay.holds_on(from)) else {
            wrong.push(FieldProblem::new("from", "not-a-member"));
            return None;
        };
        let title = wording::line("title", &self.title, typed::NAME, wrong);
        let groups = typed::groups("groups", &self.groups, &self.more_groups, wrong);
        Some(Step::Change { from, place: Place { organisation_id: stay.organisation_id, title, groups } })
    }
}

/// What is wrong, by field.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Wrong(pub BTreeMap<String, String>);

impl Wrong {
    /// The texts of problems.
    pub fn of(fields: &[FieldProblem], lang: Lang) -> Self {
        Self(fields.iter().map(|problem| (problem.field.clone(), problem.text(lang))).collect())
    }
}
