//! What a pull must come to, worked out from the stand-in's world without the client's code.

use kitos_standin::{Presence, Standin, System, Usage, User, World};
use kitos_sync::model::{
    Contract, DataProcessing, DataSensitivity, Gdpr, ItSystem, LifeCycle, MainContract,
    Organization, OrganizationUnit, Person, RiskAssessment, RoleAssignment, RoleType, Snapshot,
    SystemUsage,
};
use uuid::Uuid;

/// A KITOS with a generated municipality.
pub async fn standin(size: usize) -> Standin {
    Standin::start(World::generate(7, size)).await.unwrap()
}

/// What a pull of `world` must be.
pub fn expected(world: &World) -> Snapshot {
    let ours = world.our_organization().unwrap();
    let mut snapshot = Snapshot::empty(Organization {
        uuid: ours.uuid,
        name: ours.name.clone(),
        cvr: ours.cvr.clone(),
    });
    for row in world.role_types.iter().filter(|row| row.presence == Presence::Listed) {
        snapshot.role_types.insert(row.uuid, expected_role_type(world, row.uuid));
    }
    for row in world.our_units() {
        let unit = OrganizationUnit {
            uuid: row.uuid,
            name: row.name.clone(),
            parent: row.parent,
            external: row.external,
        };
        snapshot.units.insert(row.uuid, unit);
    }
    for row in world.our_users().filter(|row| row.first_name != "Slettet bruger") {
        snapshot.people.insert(row.uuid, expected_person(row, true));
    }
    for row in world.our_usages() {
        let System { uuid, name, deactivated, .. } = world.system(row.system).unwrap().clone();
        snapshot.systems.insert(uuid, ItSystem { uuid, name, deactivated });
        for held in &row.roles {
            let user = world.user(held.user).unwrap();
            snapshot.people.entry(held.user).or_insert_with(|| expected_person(user, false));
            let role = held.role;
            snapshot.role_types.entry(role).or_insert_with(|| expected_role_type(world, role));
        }
        snapshot.usages.insert(row.uuid, expected_usage(world, row));
    }
    for row in world.contracts.iter().filter(|row| row.organization == ours.uuid) {
        let contract = Contract {
            uuid: row.uuid,
            name: row.name.clone(),
            active: row.is_valid(world.today()),
            supplier: row.supplier.as_ref().map(|name| world.supplier(name)),
            usages: row.usages.iter().flatten().copied().collect(),
        };
        snapshot.contracts.insert(row.uuid, contract);
    }
    for row in world.registrations.iter().filter(|row| row.organization == ours.uuid) {
        let usages = row.usages.iter().copied().collect();
        let in_force = row.valid && row.concluded.as_deref() == Some("Yes");
        let (uuid, name) = (row.uuid, row.name.clone());
        let registration = DataProcessing { uuid, name, in_force, usages };
        snapshot.data_processing.insert(row.uuid, registration);
    }
    snapshot
}

fn expected_role_type(world: &World, uuid: Uuid) -> RoleType {
    let row = world.role_types.iter().find(|row| row.uuid == uuid).unwrap();
    RoleType { uuid, name: row.name.clone(), available: row.presence == Presence::Listed }
}

fn expected_person(row: &User, member: bool) -> Person {
    let email = row.email.clone().filter(|_| member);
    Person {
        uuid: row.uuid,
        kitos_uuid: row.uuid,
        name: row.name(),
        email,
        member,
        api_access: member && row.api_access,
    }
}

fn expected_usage(world: &World, row: &Usage) -> SystemUsage {
    let main_contract = row.main_contract.and_then(|uuid| world.contract(uuid));
    let gdpr = &row.gdpr;
    SystemUsage {
        local_name: row.local_name.clone(),
        life_cycle: row.life_cycle.as_deref().map(LifeCycle::from_kitos),
        valid_from: row.valid_from,
        valid_to: row.valid_to,
        responsible_unit: row.responsible_unit,
        using_units: row.using_units.iter().copied().collect(),
        main_contract: match main_contract.map(|contract| contract.is_valid(world.today())) {
            None => MainContract::None,
            Some(true) => MainContract::Active,
            Some(false) => MainContract::Inactive,
        },
        has_purpose: row.purpose.is_some(),
        last_modified: Some(row.last_modified.date_naive()),
        relations: row.relations.iter().copied().collect(),
        gdpr: Gdpr {
            sensitivity: gdpr.sensitivity.iter().map(|l| DataSensitivity::from_kitos(l)).collect(),
            risk_assessment: match gdpr.risk_assessment.as_deref() {
                Some("Yes") => RiskAssessment::Done,
                Some("Irrelevant") => RiskAssessment::NotNeeded,
                _ => RiskAssessment::Missing,
            },
            risk_assessed: gdpr.risk_assessed,
            risk_assessment_planned: gdpr.risk_planned,
            agreement_required: gdpr.agreement_required.as_deref() == Some("Yes"),
            retention_review: gdpr.next_retention,
        },
        roles: row
            .roles
            .iter()
            .map(|held| RoleAssignment { role: held.role, person: held.user })
            .collect(),
        ..SystemUsage::new(row.uuid, row.system)
    }
}
