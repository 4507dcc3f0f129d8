//! Edits of what usages refer to: shared systems, role types, units, contracts,
//! data-processing registrations. None moves a usage's `lastModified` but for a
//! contract that becomes its main one.

use uuid::Uuid;

use super::Edit;
use crate::world::{Contract, Deletion, Presence, Registration, RoleType, Unit, World};

impl World {
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
        self.role_types.push(RoleType {
            uuid,
            name: name.to_owned(),
            used_externally: false,
            presence: Presence::Listed,
        });
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
            external: None,
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
            concluded: Some("Yes".to_owned()),
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
