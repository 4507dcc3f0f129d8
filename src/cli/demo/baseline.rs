//! The demo's municipality as monitoring first sees it: mostly in order, so that what is wrong
//! stands out. Rows are changed without recording an edit: nobody did this today.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use uuid::Uuid;

use kitos_standin::{Assignment, Usage, World};

/// Puts most of what the seed left open in order; something of each kind stays.
pub fn put_in_order(world: &mut World) {
    let today = world.today();
    let roles = ["Systemforvalter", "Kontaktperson"].map(|name| world.role(name));
    let people: Vec<Uuid> = world.our_users().map(|user| user.uuid).collect();
    let units: Vec<Uuid> = world.our_units().map(|unit| unit.uuid).collect();
    let processed: BTreeSet<Uuid> =
        world.registrations.iter().flat_map(|row| row.usages.iter().copied()).collect();
    let ours = world.organization;
    let usages = world.usages.iter_mut().filter(|usage| usage.organization == ours);
    for (number, usage) in usages.enumerate() {
        for (place, role) in roles.into_iter().enumerate() {
            let Some(role) = role else { continue };
            let person = people[(number * 7 + place * 3) % people.len()];
            let forgotten = number % 24 == 5 + place;
            if !forgotten && !usage.roles.iter().any(|held| held.role == role) {
                usage.roles.push(Assignment { user: person, role });
            }
        }
        if number % 6 != 0 {
            fill_in(usage, units.get(number % units.len()).copied());
            protect(usage, today, number, &processed);
        }
        if number % 4 != 0 {
            usage.using_units = usage.responsible_unit.into_iter().collect();
        }
    }
}

fn fill_in(usage: &mut Usage, unit: Option<Uuid>) {
    usage.responsible_unit = usage.responsible_unit.or(unit);
    if matches!(usage.life_cycle.as_deref(), None | Some("Undecided")) {
        usage.life_cycle = Some("Operational".to_owned());
    }
    if usage.gdpr.sensitivity.is_empty() {
        usage.gdpr.sensitivity.push("None".to_owned());
    }
}

fn protect(usage: &mut Usage, today: NaiveDate, number: usize, processed: &BTreeSet<Uuid>) {
    let gdpr = &mut usage.gdpr;
    let lately = today.checked_sub_days(Days::new(30 + number as u64 * 5));
    let limit = today.checked_sub_days(Days::new(900));
    gdpr.risk_assessment = Some("Yes".to_owned());
    if gdpr.risk_assessed < limit {
        gdpr.risk_assessed = lately;
    }
    if !processed.contains(&usage.uuid) {
        gdpr.agreement_required = Some("No".to_owned());
    }
}
