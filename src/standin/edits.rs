//! What happens in a municipality, as edits of the [`World`]: each does what
//! KITOS does in that case, moves `lastModified` where KITOS moves it, and is
//! written to the log.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::world::{
    Assignment, Contract, Deletion, Gdpr, Membership, Presence, Registration, RoleType, System,
    Unit, Usage, User, World,
};

/// An edit and when it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedEdit {
    pub at: DateTime<Utc>,
    pub edit: Edit,
}

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    Acquired { usage: Uuid },
    RoleAssigned { usage: Uuid, role: Uuid, user: Uuid },
    RoleRemoved { usage: Uuid, role: Uuid, user: Uuid },
    PersonJoined { user: Uuid },
    PersonRenamed { user: Uuid },
    PersonLeft { user: Uuid, departure: Departure },
    PersonAnonymised { user: Uuid },
    LifeCycleSet { usage: Uuid, life_cycle: Option<String> },
    ValidToSet { usage: Uuid, valid_to: Option<NaiveDate> },
    Changed { usage: Uuid },
    UsageRemoved { usage: Uuid },
    ReRegistered { before: Uuid, after: Uuid },
    Migrated { usage: Uuid, system: Uuid },
    SystemRenamed { system: Uuid },
    SystemDeactivated { system: Uuid },
    RoleTypeAdded { role: Uuid },
    RoleTypeRenamed { role: Uuid },
    RoleTypeUnavailable { role: Uuid },
    RoleTypeDeleted { role: Uuid },
    UnitAdded { unit: Uuid },
    UnitRenamed { unit: Uuid },
    UnitMoved { unit: Uuid, parent: Uuid },
    UnitRemoved { unit: Uuid },
    MembershipSet { membership: Membership },
    OrganizationDisabled { disabled: bool },
    RelationAdded { from: Uuid, to: Uuid },
    ContractAdded { contract: Uuid },
    ContractChanged { contract: Uuid },
    RegistrationAdded { registration: Uuid },
    RegistrationChanged { registration: Uuid },
}

/// What becomes of the roles of someone who leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// KITOS's usual way: every role goes in the same act.
    LosesRoles,
    /// The assignments stay behind, and point to nobody.
    LeavesRoles,
    /// Every role goes to this person.
    Successor(Uuid),
}

impl World {
    fn note(&mut self, edit: Edit) {
        self.log.push(LoggedEdit { at: self.now, edit });
    }

    /// Edits one usage and moves its `lastModified`.
    fn touch(&mut self, uuid: Uuid, edit: impl FnOnce(&mut Usage)) {
        let now = self.now;
        let usage = self.usages.iter_mut().find(|row| row.uuid == uuid);
        debug_assert!(usage.is_some(), "there is no usage {uuid}");
        if let Some(usage) = usage {
            edit(usage);
            usage.last_modified = now;
        }
    }

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
        if let (Some(user), Some(role)) = (owner, self.role(super::OWNER_ROLE)) {
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
        if let Some(role) = self.role(super::OWNER_ROLE) {
            self.assign(usage, role, user);
        }
    }

    /// Takes every holder of the default owner role from `usage`.
    pub fn remove_owners(&mut self, usage: Uuid) {
        let Some(role) = self.role(super::OWNER_ROLE) else { return };
        for user in self.holders(usage, role) {
            self.unassign(usage, role, user);
        }
    }

    pub fn join(&mut self, first_name: &str, last_name: &str, email: &str) -> Uuid {
        let uuid = self.fresh("user");
        self.users.push(User {
            uuid,
            organization: self.organization,
            first_name: first_name.to_owned(),
            last_name: Some(last_name.to_owned()),
            email: Some(email.to_owned()),
            presence: Presence::Listed,
        });
        self.note(Edit::PersonJoined { user: uuid });
        uuid
    }

    /// Does not move any usage's `lastModified`.
    pub fn rename_person(&mut self, user: Uuid, first_name: &str, last_name: &str, email: &str) {
        if let Some(row) = self.users.iter_mut().find(|row| row.uuid == user) {
            row.first_name = first_name.to_owned();
            row.last_name = Some(last_name.to_owned());
            row.email = Some(email.to_owned());
            self.note(Edit::PersonRenamed { user });
        }
    }

    /// A person is removed from the organisation.
    pub fn leave(&mut self, user: Uuid, departure: Departure) {
        if let Some(row) = self.users.iter_mut().find(|row| row.uuid == user) {
            row.presence = Presence::Gone;
        }
        let now = self.now;
        for usage in &mut self.usages {
            if !usage.roles.iter().any(|held| held.user == user) {
                continue;
            }
            match departure {
                Departure::LeavesRoles => continue,
                Departure::LosesRoles => usage.roles.retain(|held| held.user != user),
                Departure::Successor(successor) => {
                    for held in usage.roles.iter_mut().filter(|held| held.user == user) {
                        held.user = successor;
                    }
                }
            }
            usage.last_modified = now;
        }
        self.note(Edit::PersonLeft { user, departure });
    }

    /// A person is deleted from KITOS: anonymised in place, still listed.
    pub fn anonymise(&mut self, user: Uuid) {
        if let Some(row) = self.users.iter_mut().find(|row| row.uuid == user) {
            row.first_name = "Slettet bruger".to_owned();
            row.last_name = None;
            row.email = Some(format!("{user}_deleted_user@kitos.dk"));
            self.note(Edit::PersonAnonymised { user });
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

    /// Does not move any usage's `lastModified`.
    pub fn rename_system(&mut self, system: Uuid, name: &str) {
        if let Some(row) = self.systems.iter_mut().find(|row| row.uuid == system) {
            row.former_name = Some(std::mem::replace(&mut row.name, name.to_owned()));
            self.note(Edit::SystemRenamed { system });
        }
    }

    /// Does not move any usage's `lastModified`.
    pub fn deactivate_system(&mut self, system: Uuid) {
        if let Some(row) = self.systems.iter_mut().find(|row| row.uuid == system) {
            row.deactivated = true;
            self.note(Edit::SystemDeactivated { system });
        }
    }

    pub fn add_role_type(&mut self, name: &str) -> Uuid {
        let uuid = self.fresh("role type");
        self.role_types.push(RoleType { uuid, name: name.to_owned(), presence: Presence::Listed });
        self.note(Edit::RoleTypeAdded { role: uuid });
        uuid
    }

    pub fn rename_role_type(&mut self, role: Uuid, name: &str) {
        if let Some(row) = self.role_types.iter_mut().find(|row| row.uuid == role) {
            name.clone_into(&mut row.name);
            self.note(Edit::RoleTypeRenamed { role });
        }
    }

    /// No longer offered; assignments keep it.
    pub fn withdraw_role_type(&mut self, role: Uuid) {
        if let Some(row) = self.role_types.iter_mut().find(|row| row.uuid == role) {
            row.presence = Presence::Unavailable;
            self.note(Edit::RoleTypeUnavailable { role });
        }
    }

    /// Gone, and every assignment with it.
    pub fn delete_role_type(&mut self, role: Uuid) {
        if let Some(row) = self.role_types.iter_mut().find(|row| row.uuid == role) {
            row.presence = Presence::Gone;
        }
        for usage in &mut self.usages {
            usage.roles.retain(|held| held.role != role);
        }
        self.note(Edit::RoleTypeDeleted { role });
    }

    pub fn add_unit(&mut self, name: &str, parent: Uuid) -> Uuid {
        let uuid = self.fresh("unit");
        self.units.push(Unit {
            uuid,
            organization: self.organization,
            name: name.to_owned(),
            parent: Some(parent),
            presence: Presence::Listed,
        });
        self.note(Edit::UnitAdded { unit: uuid });
        uuid
    }

    pub fn rename_unit(&mut self, unit: Uuid, name: &str) {
        if let Some(row) = self.units.iter_mut().find(|row| row.uuid == unit) {
            name.clone_into(&mut row.name);
            self.note(Edit::UnitRenamed { unit });
        }
    }

    pub fn move_unit(&mut self, unit: Uuid, parent: Uuid) {
        if let Some(row) = self.units.iter_mut().find(|row| row.uuid == unit) {
            row.parent = Some(parent);
            self.note(Edit::UnitMoved { unit, parent });
        }
    }

    /// Usages go on naming it; its units move up.
    pub fn remove_unit(&mut self, unit: Uuid) {
        let Some(row) = self.units.iter_mut().find(|row| row.uuid == unit) else { return };
        row.presence = Presence::Gone;
        let parent = row.parent;
        for child in self.units.iter_mut().filter(|row| row.parent == Some(unit)) {
            child.parent = parent;
        }
        self.deletions.push(Deletion { entity: unit, kind: "OrganizationUnit", at: self.now });
        self.note(Edit::UnitRemoved { unit });
    }

    pub fn set_membership(&mut self, membership: Membership) {
        self.membership = membership;
        self.note(Edit::MembershipSet { membership });
    }

    pub fn disable_organization(&mut self, disabled: bool) {
        let ours = self.organization;
        for row in self.organizations.iter_mut().filter(|row| row.uuid == ours) {
            row.disabled = disabled;
        }
        self.note(Edit::OrganizationDisabled { disabled });
    }

    pub fn relate(&mut self, from: Uuid, to: Uuid) {
        self.touch(from, |usage| usage.relations.push(to));
        self.note(Edit::RelationAdded { from, to });
    }

    /// A contract for `usages`, valid from today; the main contract of each.
    pub fn add_contract(&mut self, name: &str, supplier: &str, usages: &[Uuid]) -> Uuid {
        let uuid = self.fresh("contract");
        self.contracts.push(Contract {
            uuid,
            organization: self.organization,
            name: name.to_owned(),
            usages: usages.iter().copied().map(Some).collect(),
            supplier: Some(supplier.to_owned()),
            valid_from: Some(self.today()),
            valid_to: None,
            terminated: None,
        });
        for usage in usages {
            self.touch(*usage, |usage| usage.main_contract = Some(uuid));
        }
        self.note(Edit::ContractAdded { contract: uuid });
        uuid
    }

    /// Does not move the usage's `lastModified`.
    pub fn change_contract(&mut self, contract: Uuid, edit: impl FnOnce(&mut Contract)) {
        if let Some(row) = self.contracts.iter_mut().find(|row| row.uuid == contract) {
            edit(row);
            self.note(Edit::ContractChanged { contract });
        }
    }

    pub fn add_registration(&mut self, name: &str, usages: &[Uuid]) -> Uuid {
        let uuid = self.fresh("registration");
        self.registrations.push(Registration {
            uuid,
            organization: self.organization,
            name: name.to_owned(),
            usages: usages.to_vec(),
            processor: None,
            responsible_unit: None,
            valid: true,
        });
        self.note(Edit::RegistrationAdded { registration: uuid });
        uuid
    }

    /// Does not move the usage's `lastModified`.
    pub fn change_registration(
        &mut self,
        registration: Uuid,
        edit: impl FnOnce(&mut Registration),
    ) {
        if let Some(row) = self.registrations.iter_mut().find(|row| row.uuid == registration) {
            edit(row);
            self.note(Edit::RegistrationChanged { registration });
        }
    }
}
