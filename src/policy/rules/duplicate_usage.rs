//! A shared system is registered once. Holds when another usage in scope is of the
//! same shared system.

use uuid::Uuid;

use super::case::Case;
use super::def::{Audience, Falls, RuleDef, Source};
use crate::model::{Fault, FaultArg};

pub const RULE: RuleDef = RuleDef {
    audience: Audience::It,
    sources: &[Source::Guideline(&[2])],
    falls: Falls::Never,
    ..RuleDef::new("duplicate-usage", judge)
};

fn judge(case: &Case<'_>) -> Vec<Fault> {
    let same = case.index.of_system.get(&case.usage.system).into_iter().flatten();
    let others = same.filter(|other| **other != case.usage.uuid);
    others.map(|other| same_as(*other)).collect()
}

fn same_as(other: Uuid) -> Fault {
    Fault::new("same-system").with("system", FaultArg::System(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LifeCycle, Snapshot};
    use crate::policy::Policy;
    use crate::register::history::History;
    use crate::testing::{id, løn, only, said, said_by};

    #[test]
    fn the_same_system_registered_twice() {
        let twice = || løn().usage("post").edit("post", |u| u.system = id("løn/system"));
        let same = vec![same_as(id("post"))];
        let shut = |s: Snapshot| s.edit("post", |u| u.life_cycle = Some(LifeCycle::NotInUse));
        for (why, snapshot, expected) in [
            ("two systems", løn().usage("post"), vec![]),
            ("one system twice", twice(), same),
            ("one of them decommissioned", shut(twice()), vec![]),
        ] {
            assert_eq!(said(&RULE, &snapshot), expected, "{why}");
        }
        let without_post = Policy { excluded_uuids: [id("post")].into(), ..only(&RULE) };
        assert_eq!(said_by(&without_post, &History::default(), &twice()), []);
    }
}
