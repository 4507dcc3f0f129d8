//! The usages of a generated municipality, with what hangs on each: its shared
//! system, people, contract and data processing.

use chrono::NaiveDate;
use uuid::Uuid;

use super::Seeder;
use crate::OWNER_ROLE;
use crate::names::{PURPOSES, SUPPLIERS, SYSTEM_ENDS, SYSTEM_STEMS};
use crate::world::{Assignment, Contract, Gdpr, Registration, System, Usage};

impl Seeder {
    fn system(&mut self) -> Uuid {
        let uuid = self.world.fresh("system");
        let number = self.world.systems.len();
        // 7 shares no factor with the 1,152 combinations: each comes once a round.
        let combinations = SYSTEM_STEMS.len() * SYSTEM_ENDS.len();
        let chosen = number * 7 % combinations;
        let (stem, end) =
            (SYSTEM_STEMS[chosen % SYSTEM_STEMS.len()], SYSTEM_ENDS[chosen / SYSTEM_STEMS.len()]);
        let gap = if end.starts_with(char::is_uppercase) { " " } else { "" };
        let name = match number / combinations {
            0 => format!("{stem}{gap}{end}"),
            round => format!("{stem}{gap}{end} {}", round + 1),
        };
        let deactivated = self.chance(1);
        self.world.systems.push(System { uuid, name, former_name: None, deactivated });
        uuid
    }

    pub(super) fn usage(&mut self, organization: Uuid, units: &[Uuid], people: &[Uuid]) -> Uuid {
        let uuid = self.world.fresh("usage");
        let system = self.system();
        let (life_cycle, valid_to) = self.stage();
        let valid_from = self.chance(80).then(|| self.days_ago(200..3500));
        // The root owns nothing; departments lie close to the front.
        let place = self.rng.usize(1..units.len().max(2));
        let responsible = units.get(place).copied().filter(|_| self.chance(96));
        let mut using: Vec<Uuid> = responsible.into_iter().collect();
        if self.chance(25) {
            using.extend(self.pick(units).filter(|unit| Some(*unit) != responsible));
        }
        let modified = self.days_ago(1..500);
        let (local_name, local_number) = (self.chance(12), self.rng.u32(1..10));
        self.world.usages.push(Usage {
            uuid,
            organization,
            system,
            last_modified: modified.and_time(chrono::NaiveTime::MIN).and_utc(),
            local_name: local_name.then(|| format!("Fagsystem {local_number} (lokalt)")),
            life_cycle,
            valid_from,
            valid_to,
            purpose: None,
            business_critical: None,
            main_contract: None,
            responsible_unit: responsible,
            using_units: using,
            roles: Vec::new(),
            relations: Vec::new(),
            gdpr: Gdpr::default(),
        });
        let purpose = self.chance(85).then(|| self.word(&PURPOSES).to_owned());
        let critical =
            self.chance(50).then(|| self.word(&["Yes", "No", "No", "DontKnow"]).to_owned());
        let roles = self.roles(place, people);
        let gdpr = self.gdpr();
        let needs_agreement = gdpr.agreement_required.as_deref() == Some("Yes");
        let contract = self.chance(70).then(|| self.contract(organization, uuid));
        if needs_agreement && self.chance(85) {
            self.registration(organization, uuid, responsible);
        }
        if let Some(row) = self.world.usages.last_mut() {
            row.purpose = purpose;
            row.business_critical = critical;
            row.roles = roles;
            row.gdpr = gdpr;
            row.main_contract = contract;
        }
        uuid
    }

    /// Life cycle and last day of use.
    fn stage(&mut self) -> (Option<String>, Option<NaiveDate>) {
        let (stage, valid_to) = match self.rng.u32(0..100) {
            0..86 => ("Operational", None),
            86..90 => ("PhasingIn", None),
            90..92 => ("Pilot", None),
            92..95 => ("PhasingOut", Some(self.days_ahead(20..400))),
            95..97 => ("NotInUse", Some(self.days_ago(10..700))),
            97..98 => ("Undecided", None),
            _ => return (None, None),
        };
        (Some(stage.to_owned()), valid_to)
    }

    /// Owners are leaders, of whom there is about one to each unit; others come
    /// from all the people.
    fn roles(&mut self, place: usize, people: &[Uuid]) -> Vec<Assignment> {
        let role = |name: &str| self.world.role(name);
        let (owner, manager, contact, user) =
            (role(OWNER_ROLE), role("Systemforvalter"), role("Kontaktperson"), role("Superbruger"));
        let mut roles = Vec::new();
        let leader = people.get(place % people.len().max(1)).copied();
        if let (true, Some(role), Some(user)) = (self.chance(92), owner, leader) {
            roles.push(Assignment { user, role });
            if let (true, Some(second)) = (self.chance(3), self.pick(people)) {
                roles.push(Assignment { user: second, role });
            }
        }
        for (role, percent) in [(manager, 60), (contact, 35), (user, 20)] {
            if let (true, Some(role), Some(user)) = (self.chance(percent), role, self.pick(people))
            {
                roles.push(Assignment { user, role });
            }
        }
        roles
    }

    fn gdpr(&mut self) -> Gdpr {
        let mut gdpr = Gdpr::default();
        let levels: &[&str] = match self.rng.u32(0..100) {
            0..40 => &["None"],
            40..75 => &["PersonData"],
            75..92 => &["PersonData", "SensitiveData"],
            92..95 => &["PersonData", "SensitiveData", "LegalData"],
            _ => &[],
        };
        gdpr.sensitivity = levels.iter().map(|level| (*level).to_owned()).collect();
        if !levels.contains(&"PersonData") {
            return gdpr;
        }
        let yes = || Some("Yes".to_owned());
        gdpr.purpose = self.chance(90).then(|| self.word(&PURPOSES).to_owned());
        if self.chance(90) {
            gdpr.risk_assessment = yes();
            gdpr.risk_assessed = Some(self.days_ago(30..1200));
            gdpr.risk_result = Some(self.word(&["Low", "Medium", "High"]).to_owned());
            gdpr.risk_planned = self.chance(50).then(|| self.days_ahead(30..700));
        } else {
            gdpr.risk_assessment = Some(self.word(&["No", "Undecided"]).to_owned());
        }
        if levels.contains(&"SensitiveData") && self.chance(80) {
            gdpr.dpia = yes();
            gdpr.dpia_date = Some(self.days_ago(30..1000));
        }
        if self.chance(70) {
            gdpr.retention = yes();
            gdpr.next_retention = Some(self.days_ahead(10..900));
        }
        gdpr.agreement_required = Some(self.word(&["Yes", "Yes", "No"]).to_owned());
        gdpr
    }

    fn contract(&mut self, organization: Uuid, usage: Uuid) -> Uuid {
        let uuid = self.world.fresh("contract");
        let number = self.world.contracts.len() + 1;
        let mut usages = vec![Some(usage)];
        if self.chance(3) {
            usages.push(None);
        }
        let supplier = self.word(&SUPPLIERS);
        let ended = self.chance(3);
        let contract = Contract {
            uuid,
            organization,
            name: format!("Aftale {number} med {supplier}"),
            usages,
            supplier: Some(supplier.to_owned()),
            valid_from: Some(self.days_ago(100..2000)),
            valid_to: ended.then(|| self.days_ago(1..90)),
            terminated: None,
        };
        self.world.contracts.push(contract);
        uuid
    }

    fn registration(&mut self, organization: Uuid, usage: Uuid, responsible: Option<Uuid>) {
        let uuid = self.world.fresh("registration");
        let number = self.world.registrations.len() + 1;
        let processor = Some(self.word(&SUPPLIERS).to_owned());
        self.world.registrations.push(Registration {
            uuid,
            organization,
            name: format!("Databehandling {number}"),
            usages: vec![usage],
            processor,
            responsible_unit: responsible,
            concluded: Some("Yes".to_owned()),
            valid: true,
        });
    }
}
