use chrono::NaiveTime;
use chrono_tz::Europe::Copenhagen;

use super::super::changes::changes;
use super::super::diff::diff;
use super::super::links::{self, Tab};
use super::super::testing::{at, day, id, policy, randers};
use super::*;
use crate::model::{Check, LifeCycle, Missing, Reader, Snapshot, StateOfUse, SystemUsage};

/// A Tuesday, and the day after it, in working hours.
const YESTERDAY: &str = "2026-11-10";
const TODAY: &str = "2026-11-11";
const NOW: &str = "2026-11-11T09:00:00Z";

fn audience() -> Audience {
    Audience {
        it: vec!["it@randers.dk".to_owned()],
        allowed_domains: ["randers.dk".to_owned()].into(),
    }
}

fn working_days() -> WorkingDays {
    WorkingDays {
        holidays: BTreeSet::new(),
        zone: Copenhagen,
        not_before: NaiveTime::from_hms_opt(7, 0, 0).unwrap(),
        business_days_only: true,
    }
}

fn planned_at(now: &str, before: &Snapshot, after: &Snapshot, policy: &Policy) -> Vec<PlannedMail> {
    let (before, after) = (before.on(YESTERDAY), after.on(TODAY));
    let delta = diff(before.snapshot, after.snapshot);
    let changes = changes(before, after, &delta, &policy.owner_roles);
    let occasion = Occasion {
        snapshot_id: 7,
        before,
        after,
        changes: &changes,
        suggestions: &BTreeMap::new(),
        now: at(now),
    };
    notices(&occasion, policy, &audience(), &working_days(), "https://kitos.dk")
}

fn planned(before: &Snapshot, after: &Snapshot) -> Vec<PlannedMail> {
    planned_at(NOW, before, after, &policy())
}

fn notice(mail: &PlannedMail) -> &Notice {
    match &mail.letter {
        Letter::Notice(notice) => notice,
        other => panic!("no notice: {other:?}"),
    }
}

/// To whom each mail goes, and what it tells: "reason system".
fn told(mails: &[PlannedMail]) -> Vec<(&str, Vec<String>)> {
    mails
        .iter()
        .map(|mail| {
            let item = |item: &NoticeItem| format!("{:?} {}", item.reason, item.system);
            let to: &str = &mail.to[0];
            (to, notice(mail).items.iter().map(item).collect())
        })
        .collect()
}

fn base() -> Snapshot {
    randers().user("bo").user("ida").unit("it", None).usage("post")
}

fn with_løn() -> Snapshot {
    base().usage("løn").assign("løn", "ejer", "bo")
}

fn shut(snapshot: Snapshot, usage: &str) -> Snapshot {
    snapshot.edit(usage, |u| u.life_cycle = Some(LifeCycle::NotInUse))
}

#[test]
fn who_is_told_what() {
    let with_address = |snapshot: Snapshot, address: Option<&str>| {
        let mut snapshot = snapshot;
        snapshot.people.get_mut(&id("bo")).unwrap().email = address.map(str::to_owned);
        snapshot
    };
    let one = |to, what: &str| vec![(to, vec![what.to_owned()])];
    let both = |what: &str| {
        vec![("bo@randers.dk", vec![what.to_owned()]), ("it@randers.dk", vec![what.to_owned()])]
    };
    let (bo, it) = ("bo@randers.dk", "it@randers.dk");
    for (why, before, after, expected) in [
        ("nothing", with_løn(), with_løn(), vec![]),
        ("acquired: its owner", base(), with_løn(), one(bo, "Acquired løn")),
        ("acquired without owner: IT", base(), base().usage("løn"), one(it, "Acquired løn")),
        (
            "a forvalter is not told",
            base(),
            base().usage("løn").assign("løn", "forvalter", "bo"),
            { one(it, "Acquired løn") },
        ),
        ("no address", base(), with_address(with_løn(), None), one(it, "Acquired løn")),
        ("a blank address", base(), with_address(with_løn(), Some(" ")), one(it, "Acquired løn")),
        ("no address at all", base(), with_address(with_løn(), Some("bo")), {
            one(it, "Acquired løn")
        }),
        ("a foreign domain", base(), with_address(with_løn(), Some("bo@example.org")), {
            one(it, "Acquired løn")
        }),
        (
            "a domain that only ends alike",
            base(),
            with_address(with_løn(), Some("bo@xranders.dk")),
            { one(it, "Acquired løn") },
        ),
        (
            "one of two can be told",
            base(),
            with_address(with_løn(), None).assign("løn", "chef", "ida"),
            { one("ida@randers.dk", "Acquired løn") },
        ),
        ("acquired, and out of use", base(), shut(with_løn(), "løn"), vec![]),
        ("decommissioned: owner and IT", with_løn(), shut(with_løn(), "løn"), {
            both("Decommissioned løn")
        }),
        (
            "decommissioned by the calendar alone",
            with_løn().edit("løn", |u| u.valid_to = Some(day(YESTERDAY))),
            with_løn().edit("løn", |u| u.valid_to = Some(day(YESTERDAY))),
            both("Decommissioned løn"),
        ),
        (
            "the owner's role goes in the same pull",
            with_løn(),
            shut(with_løn().unassign("løn", "ejer", "bo"), "løn"),
            both("Decommissioned løn"),
        ),
        (
            "the owner goes altogether in the same pull",
            with_løn(),
            shut(with_løn().unassign("løn", "ejer", "bo").left("bo"), "løn"),
            one(it, "Decommissioned løn"),
        ),
        (
            "the owner left, the assignment stays",
            with_løn(),
            shut(with_løn().left("bo"), "løn"),
            one(it, "Decommissioned løn"),
        ),
        ("removed: last owner and IT", with_løn(), base(), both("Removed løn")),
        ("removed with its owner", with_løn(), base().left("bo"), one(it, "Removed løn")),
        ("removed when out of use already", shut(with_løn(), "løn"), base(), vec![]),
        ("revived: owner and IT", shut(with_løn(), "løn"), with_løn(), both("Revived løn")),
        ("an owner assigned", base().usage("løn"), with_løn(), one(bo, "Assigned løn")),
    ] {
        assert_eq!(told(&planned(&before, &after)), expected, "{why}");
    }
}

#[test]
fn an_address_may_be_written_in_any_case_with_blanks() {
    let mut after = with_løn();
    after.people.get_mut(&id("bo")).unwrap().email = Some(" Bo@Randers.DK ".to_owned());
    assert_eq!(planned(&base(), &after)[0].to, ["Bo@Randers.DK"]);
}

#[test]
fn one_mail_per_person_for_all_of_it() {
    let before = base()
        .usage("gammel")
        .assign("gammel", "ejer", "bo")
        .usage("væk")
        .assign("væk", "chef", "bo");
    let after = shut(before.clone(), "gammel").removed("væk");
    let after = after.usage("b-ny").assign("b-ny", "ejer", "bo").assign("b-ny", "chef", "bo");
    let after = after.usage("a-ny").assign("a-ny", "ejer", "bo").assign("a-ny", "ejer", "ida");
    let mails = planned(&before, &after);
    let of = |address| {
        let found: Vec<_> = told(&mails).into_iter().filter(|(to, _)| *to == address).collect();
        assert_eq!(found.len(), 1, "{address}");
        found[0].1.clone()
    };
    assert_eq!(mails.len(), 3);
    assert_eq!(
        of("bo@randers.dk"),
        ["Acquired a-ny", "Acquired b-ny", "Decommissioned gammel", "Removed væk"],
        "by reason, then by name"
    );
    assert_eq!(of("ida@randers.dk"), ["Acquired a-ny"]);
    assert_eq!(of("it@randers.dk"), ["Decommissioned gammel", "Removed væk"]);

    let bo = mails.iter().find(|mail| mail.person == Some(id("bo"))).unwrap();
    assert_eq!(bo.key, format!("notice/7/{}", id("bo")));
    assert_eq!(bo.kind, MailKind::Notice);
    let letter = notice(bo);
    assert_eq!((letter.reader, letter.name.as_deref()), (Reader::Owner, Some("bo")));
    assert_eq!((&*letter.organization, letter.date), ("Randers Kommune", day(TODAY)));
    let it = mails.iter().find(|mail| mail.person.is_none()).unwrap();
    assert_eq!(it.key, "notice/7/it/it@randers.dk");
    assert_eq!((notice(it).reader, &notice(it).name), (Reader::It, &None));
}

#[test]
fn an_address_of_it_that_is_written_twice_gets_one_mail() {
    let (before, after) = (base(), base().usage("løn"));
    let (before, after) = (before.on(YESTERDAY), after.on(TODAY));
    let delta = diff(before.snapshot, after.snapshot);
    let changes = changes(before, after, &delta, &policy().owner_roles);
    let occasion = Occasion {
        snapshot_id: 7,
        before,
        after,
        changes: &changes,
        suggestions: &BTreeMap::new(),
        now: at(NOW),
    };
    let twice = Audience {
        it: ["it@randers.dk", "IT@randers.dk", "vagt@randers.dk"].map(str::to_owned).to_vec(),
        ..audience()
    };
    let mails = notices(&occasion, &policy(), &twice, &working_days(), "https://kitos.dk");
    let to: Vec<&str> = mails.iter().map(|mail| &*mail.to[0]).collect();
    assert_eq!(to, ["it@randers.dk", "vagt@randers.dk"]);
}

#[test]
fn owners_hear_on_working_days_and_it_at_once() {
    for (now, owner) in [
        (NOW, NOW),
        ("2026-11-11T04:00:00Z", "2026-11-11T06:00:00Z"),
        ("2026-11-14T09:00:00Z", "2026-11-16T06:00:00Z"),
        ("2026-12-24T09:00:00Z", "2026-12-28T06:00:00Z"),
    ] {
        let mails = planned_at(now, &with_løn(), &base(), &policy());
        let times: Vec<_> = mails.iter().map(|mail| (mail.person, mail.not_before)).collect();
        assert_eq!(times, [(Some(id("bo")), at(owner)), (None, at(now))], "{now}");
    }
}

#[test]
fn excluded_usages_are_nobodys_business() {
    let by_uuid = Policy { excluded_uuids: [id("løn")].into(), ..policy() };
    let by_name = Policy { excluded_names: vec!["l*n".to_owned()], ..policy() };
    for policy in [by_uuid, by_name] {
        for (before, after) in
            [(base(), with_løn()), (with_løn(), shut(with_løn(), "løn")), (with_løn(), base())]
        {
            assert_eq!(planned_at(NOW, &before, &after, &policy), []);
        }
    }
}

#[test]
fn an_item_says_what_is_missing_and_where_to_go() {
    use Missing::{DataSensitivity as Data, LifeCycle as Life, Owner, ResponsibleUnit as Unit};
    type Edit = fn(&mut SystemUsage);
    let item = |before: &Snapshot, after: &Snapshot| {
        let mails = planned(before, after);
        notice(mails.last().unwrap()).items[0].clone()
    };
    let cases: [(&str, Edit, Vec<Missing>); 5] = [
        ("all but the life cycle", |_| {}, vec![Owner, Unit, Data]),
        ("all", |u| u.life_cycle = None, vec![Owner, Life, Unit, Data]),
        ("undecided", |u| u.life_cycle = Some(LifeCycle::Undecided), vec![Owner, Life, Unit, Data]),
        ("a unit", |u| u.responsible_unit = Some(id("it")), vec![Owner, Data]),
        ("a unit that is gone", |u| u.responsible_unit = Some(id("x")), vec![Owner, Unit, Data]),
    ];
    for (why, edit, expected) in cases {
        let acquired = item(&base(), &base().usage("løn").edit("løn", edit));
        assert_eq!(acquired.missing, expected, "{why}");
    }
    let acquired = item(&base(), &with_løn());
    assert_eq!(acquired.missing, [Unit, Data], "an owner is there");
    assert_eq!(acquired.url, Some(links::page("https://kitos.dk", id("løn"), Tab::Front)));
    let departed = item(&base(), &base().usage("løn").assign("løn", "ejer", "eva").left("eva"));
    assert_eq!(departed.missing, [Owner, Unit, Data], "someone who left is no owner");

    let ended = item(&with_løn(), &shut(with_løn(), "løn"));
    assert_eq!((ended.missing, ended.state), (vec![], StateOfUse::Decommissioned));
    assert_eq!(ended.checks, [Check::EndDate, Check::Data], "a checklist made from the data");
    let dated = shut(with_løn(), "løn").edit("løn", |u| u.valid_to = Some(day(YESTERDAY)));
    assert_eq!(item(&with_løn(), &dated).checks, [Check::Data]);
    let removed = item(&with_løn(), &base());
    assert_eq!((removed.missing, removed.url), (vec![], None), "no page to go to");
}
