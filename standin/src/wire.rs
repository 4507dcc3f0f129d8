//! KITOS's JSON: camelCase, nulls written out, enums as strings, instants in
//! UTC with seven decimals, date-only fields as midnight UTC.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{
    Contract, Deletion, Organization, Presence, Registration, RoleType, System, Unit, Usage, User,
    World,
};

/// Newtonsoft writes ticks of 100 ns.
pub fn instant(at: DateTime<Utc>) -> String {
    format!("{}.{:07}Z", at.format("%Y-%m-%dT%H:%M:%S"), at.timestamp_subsec_nanos() / 100)
}

fn date(day: Option<NaiveDate>) -> Value {
    day.map_or(Value::Null, |day| json!(instant(day.and_time(NaiveTime::MIN).and_utc())))
}

fn pair(uuid: Uuid, name: &str) -> Value {
    json!({ "uuid": uuid, "name": name })
}

pub fn organization(row: &Organization) -> Value {
    json!({
        "uuid": row.uuid,
        "name": row.name,
        "cvr": row.cvr,
        "organizationType": "Municipality",
        "isSupplier": false,
        "disabled": row.disabled,
    })
}

pub fn user(row: &User) -> Value {
    json!({
        "uuid": row.uuid,
        "name": row.name(),
        "firstName": row.first_name,
        "lastName": row.last_name,
        "email": row.email,
        "phoneNumber": null,
        "apiAccess": row.api_access,
        "roles": ["User"],
    })
}

pub fn role_type(row: &RoleType) -> Value {
    json!({
        "uuid": row.uuid,
        "name": row.name,
        "description": null,
        "writeAccess": true,
        "isExternallyAvailable": row.used_externally,
        "externallyAvailableDescription": null,
    })
}

/// Details of one tell what its list need not.
pub fn role_type_details(row: &RoleType) -> Value {
    let mut details = role_type(row);
    details["isAvailable"] = json!(row.presence == Presence::Listed);
    details
}

pub fn system(row: &System) -> Value {
    json!({
        "uuid": row.uuid,
        "name": row.name,
        "formerName": row.former_name,
        "deactivated": row.deactivated,
        "parentSystem": null,
        "rightsHolder": null,
        "mainContractSuppliers": [],
        "businessType": null,
        "description": null,
        "scope": "Global",
        "legalName": null,
    })
}

pub fn deletion(row: &Deletion) -> Value {
    json!({
        "entityUuid": row.entity,
        "entityType": row.kind,
        "occurredAtUtc": instant(row.at),
    })
}

impl World {
    fn usage_pair(&self, usage: Uuid) -> Value {
        match self.usage(usage).and_then(|row| self.system(row.system)) {
            Some(system) => pair(usage, &system.name),
            None => Value::Null,
        }
    }

    fn unit_pair(&self, unit: Option<Uuid>) -> Value {
        match unit.and_then(|uuid| self.unit(uuid)) {
            Some(row) => pair(row.uuid, &row.name),
            None => Value::Null,
        }
    }

    fn organization_context(&self, organization: Uuid) -> Value {
        match self.organizations.iter().find(|row| row.uuid == organization) {
            Some(row) => json!({ "uuid": row.uuid, "name": row.name, "cvr": row.cvr }),
            None => Value::Null,
        }
    }

    pub(crate) fn unit_json(&self, row: &Unit) -> Value {
        json!({
            "uuid": row.uuid,
            "name": row.name,
            "parentOrganizationUnit": self.unit_pair(row.parent),
            "ean": null,
            "unitId": null,
            "origin": if row.parent.is_none() { "STSOrganisation" } else { "Kitos" },
            "externalOriginUuid": row.external,
        })
    }

    pub(crate) fn usage_json(&self, row: &Usage) -> Value {
        let assigned = row.roles.iter().map(|held| {
            let user = self.user(held.user).map_or_else(String::new, User::name);
            let role = self.role_types.iter().find(|role| role.uuid == held.role);
            json!({
                "user": pair(held.user, &user),
                "role": pair(held.role, role.map_or("", |role| &role.name)),
            })
        });
        let system = self.system(row.system).map_or("", |system| &system.name);
        let using: Vec<Value> =
            row.using_units.iter().map(|unit| self.unit_pair(Some(*unit))).collect();
        let relations = row.relations.iter().map(|to| {
            json!({
                "$type": "OutgoingSystemRelationResponseDTO",
                "toSystemUsage": self.usage_pair(*to),
                "relationInterface": null,
                "associatedContract": null,
                "relationFrequency": null,
                "description": null,
                "urlReference": null,
            })
        });
        json!({
            "uuid": row.uuid,
            "createdBy": null,
            // It repeats the date that people typed.
            "createdAt": date(row.valid_from),
            "lastModified": instant(row.last_modified),
            "lastModifiedBy": null,
            "systemContext": pair(row.system, system),
            "organizationContext": self.organization_context(row.organization),
            "general": {
                "localSystemId": null,
                "localCallName": row.local_name,
                "dataClassification": null,
                "notes": null,
                "systemVersion": null,
                "numberOfExpectedUsers": null,
                "validity": self.validity(row),
                "mainContract": row.main_contract
                    .and_then(|uuid| self.contract(uuid))
                    .map(|contract| pair(contract.uuid, &contract.name)),
                "containsAITechnology": null,
                "isBusinessCritical": row.business_critical,
                "isSociallyCritical": null,
                "systemUsageCriticalityLevel": null,
                "purpose": row.purpose,
                "technicalSystemTypes": [],
                "hostedAt": "Undecided",
                "licensingAndCodeModels": [],
            },
            "roles": assigned.collect::<Vec<_>>(),
            "organizationUsage": {
                "usingOrganizationUnits": using,
                "responsibleOrganizationUnit": self.unit_pair(row.responsible_unit),
            },
            "localKLEDeviations": { "removedKLE": [], "addedKLE": [] },
            "externalReferences": [],
            "archiving": null,
            "gdpr": gdpr(row),
            "outgoingSystemRelations": relations.collect::<Vec<_>>(),
        })
    }

    /// KITOS's own verdict: it moves with the calendar, without an edit.
    fn validity(&self, row: &Usage) -> Value {
        let today = self.today();
        let by_period = row.valid_from.is_none_or(|from| from <= today)
            && row.valid_to.is_none_or(|to| today <= to);
        let by_life_cycle = !matches!(row.life_cycle.as_deref(), Some("NotInUse" | "Pilot"));
        let contract = row.main_contract.and_then(|uuid| self.contract(uuid));
        let (state, by_contract) = match contract {
            None => ("NoContract", true),
            Some(contract) if contract.is_valid(today) => ("Active", true),
            Some(_) => ("Inactive", false),
        };
        json!({
            "valid": by_period && by_life_cycle && by_contract,
            "validAccordingToValidityPeriod": by_period,
            "validAccordingToLifeCycle": by_life_cycle,
            "validAccordingToMainContract": by_contract,
            "mainContractState": state,
            "lifeCycleStatus": row.life_cycle,
            "validFrom": date(row.valid_from),
            "validTo": date(row.valid_to),
        })
    }

    pub(crate) fn contract_json(&self, row: &Contract) -> Value {
        let usages: Vec<Value> = row
            .usages
            .iter()
            .map(|usage| usage.map_or(Value::Null, |usage| self.usage_pair(usage)))
            .collect();
        json!({
            "uuid": row.uuid,
            "name": row.name,
            "organizationContext": self.organization_context(row.organization),
            "parentContract": null,
            "general": {
                "contractId": null,
                "validity": {
                    "valid": row.is_valid(self.today()),
                    "validFrom": date(row.valid_from),
                    "validTo": date(row.valid_to),
                    "enforcedValid": false,
                },
            },
            "supplier": {
                "organization": row.supplier.as_ref().map(|name| {
                    let uuid = self.supplier(name);
                    json!({ "uuid": uuid, "name": name, "cvr": null })
                }),
                "signed": true,
            },
            "systemUsages": usages,
            "termination": { "terminatedAt": date(row.terminated) },
            "agreementPeriod": { "durationYears": null, "isContinuous": row.valid_to.is_none() },
            "roles": [],
        })
    }

    pub(crate) fn registration_json(&self, row: &Registration) -> Value {
        let usages: Vec<Value> = row.usages.iter().map(|usage| self.usage_pair(*usage)).collect();
        let processors: Vec<Value> = row
            .processor
            .iter()
            .map(|name| {
                let uuid = self.supplier(name);
                json!({ "uuid": uuid, "name": name, "cvr": null })
            })
            .collect();
        json!({
            "uuid": row.uuid,
            "name": row.name,
            "organizationContext": self.organization_context(row.organization),
            "general": {
                "isAgreementConcluded": row.concluded,
                "validity": {
                    "valid": row.valid,
                    "enforceInvalidity": !row.valid,
                    "validationErrors": null,
                },
                "dataProcessors": processors,
                "responsibleOrganizationUnit": self.unit_pair(row.responsible_unit),
            },
            "systemUsages": usages,
            "roles": [],
        })
    }
}

fn gdpr(row: &Usage) -> Value {
    let gdpr = &row.gdpr;
    json!({
        "processingPurpose": gdpr.purpose,
        "dataSensitivityLevels": gdpr.sensitivity,
        "sensitivePersonData": [],
        "specificPersonalData": [],
        "registeredDataCategories": [],
        "directoryDocumentation": { "name": null, "url": null },
        "technicalPrecautionsInPlace": null,
        "userSupervision": null,
        "userSupervisionDate": null,
        "riskAssessmentConducted": gdpr.risk_assessment,
        "riskAssessmentConductedDate": date(gdpr.risk_assessed),
        "riskAssessmentResult": gdpr.risk_result,
        "plannedRiskAssessmentDate": date(gdpr.risk_planned),
        "dpiaConducted": gdpr.dpia,
        "dpiaDate": date(gdpr.dpia_date),
        "retentionPeriodDefined": gdpr.retention,
        "nextDataRetentionEvaluationDate": date(gdpr.next_retention),
        "isDataProcessingAgreementRequired": gdpr.agreement_required,
    })
}
