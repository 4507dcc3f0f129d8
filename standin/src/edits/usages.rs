//! Edits of what the municipality uses: systems come, change hands and go.

use chrono::NaiveDate;
use uuid::Uuid;

use super::Edit;
use crate::world::{Assignment, Deletion, Gdpr, OWNER_ROLE, System, Usage, World};

impl World {
    /// Our municipality takes a new system into use.
    pub fn acquire(&mut self, name: &str, owner: Option<Uuid>) -> Uuid {
        let system = self.fresh("system");
        self.systems.push(System {
            uuid: system,
            name: name.to_owned(),
            former_name: None,
            deactivated: false,
        });
        self.acquire_system(system, owner)
    }

    /// Our municipality takes a shared system that exists into use.
    pub fn acquire_system(&mut self, system: Uuid, owner: Option<Uuid>) -> Uuid {
        let usage = self.register(system);
        if let (Some(user), Some(role)) = (owner, self.role(OWNER_ROLE)) {
            self.touch(usage, |usage| usage.roles.push(Assignment { user, role }));
        }
        self.note(Edit::Acquired { usage });
        usage
    }

    fn register(&mut self, system: Uuid) -> Uuid {
        let uuid = self.fresh("usage");
        self.usages.push(Usage {
            uuid,
            organization: self.organization,
            system,
            last_modified: self.now,
            local_name: None,
            life_cycle: Some("PhasingIn".to_owned()),
            valid_from: None,
            valid_to: None,
            purpose: None,
            business_critical: None,
            main_contract: None,
            responsible_unit: None,
            using_units: Vec::new(),
            roles: Vec::new(),
            relations: Vec::new(),
            gdpr: Gdpr::default(),
        });
        uuid
    }

    pub fn assign(&mut self, usage: Uuid, role: Uuid, user: Uuid) {
        self.touch(usage, |usage| usage.roles.push(Assignment { user, role }));
        self.note(Edit::RoleAssigned { usage, role, user });
    }

    pub fn unassign(&mut self, usage: Uuid, role: Uuid, user: Uuid) {
        self.touch(usage, |usage| usage.roles.retain(|held| *held != Assignment { user, role }));
        self.note(Edit::RoleRemoved { usage, role, user });
    }

    /// Gives `usage` an owner in the default owner role.
    pub fn assign_owner(&mut self, usage: Uuid, user: Uuid) {
        if let Some(role) = self.role(OWNER_ROLE) {
            self.assign(usage, role, user);
        }
    }

    /// Takes every holder of the default owner role from `usage`.
    pub fn remove_owners(&mut self, usage: Uuid) {
        let Some(role) = self.role(OWNER_ROLE) else { return };
        for user in self.holders(usage, role) {
            self.unassign(usage, role, user);
        }
    }

    pub fn set_life_cycle(&mut self, usage: Uuid, life_cycle: Option<&str>) {
        let life_cycle = life_cycle.map(str::to_owned);
        self.touch(usage, |usage| usage.life_cycle.clone_from(&life_cycle));
        self.note(Edit::LifeCycleSet { usage, life_cycle });
    }

    pub fn set_valid_to(&mut self, usage: Uuid, valid_to: Option<NaiveDate>) {
        self.touch(usage, |usage| usage.valid_to = valid_to);
        self.note(Edit::ValidToSet { usage, valid_to });
    }

    /// Any other edit of a usage: units, GDPR, local name …
    pub fn change(&mut self, usage: Uuid, edit: impl FnOnce(&mut Usage)) {
        self.touch(usage, edit);
        self.note(Edit::Changed { usage });
    }

    /// Deletes a usage for good: 404 from now on, and a row in the delta feed.
    pub fn remove_usage(&mut self, usage: Uuid) {
        self.delete_usage(usage);
        self.note(Edit::UsageRemoved { usage });
    }

    fn delete_usage(&mut self, usage: Uuid) {
        debug_assert!(self.usage(usage).is_some(), "there is no usage {usage}");
        self.usages.retain(|row| row.uuid != usage);
        for row in &mut self.usages {
            row.relations.retain(|to| *to != usage);
        }
        // KITOS leaves a hole in the contract's list (seen in its replies).
        for slot in self.contracts.iter_mut().flat_map(|row| &mut row.usages) {
            if *slot == Some(usage) {
                *slot = None;
            }
        }
        for row in &mut self.registrations {
            row.usages.retain(|named| *named != usage);
        }
        self.deletions.push(Deletion { entity: usage, kind: "ItSystemUsage", at: self.now });
    }

    /// A usage is deleted and registered anew for the same system, with the
    /// same people.
    pub fn re_register(&mut self, before: Uuid) -> Option<Uuid> {
        let old = self.usage(before)?.clone();
        self.delete_usage(before);
        let after = self.register(old.system);
        self.touch(after, |usage| *usage = Usage { uuid: after, ..old });
        self.note(Edit::ReRegistered { before, after });
        Some(after)
    }

    /// The usage keeps its uuid and gets another shared system.
    pub fn migrate(&mut self, usage: Uuid, system: Uuid) {
        self.touch(usage, |usage| usage.system = system);
        self.note(Edit::Migrated { usage, system });
    }

    pub fn relate(&mut self, from: Uuid, to: Uuid) {
        self.touch(from, |usage| usage.relations.push(to));
        self.note(Edit::RelationAdded { from, to });
    }
}
