//! A KITOS whose every answer lies ready in memory, so that a measurement is of
//! the client and not of the server. Serves one municipality of so many systems
//! until its standard input closes.
//!
//! `cargo run --release -p kitos-standin --bin prepared-kitos USAGES LATENCY_MS`; `benches/compare`
//! starts it. It prints its address, then answers like KITOS: a login, pages of
//! any size, and on `GET /asked` the paths that were asked for since the last time.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

const LOGIN: &str = "/api/authorize/GetToken";

fn main() -> Result<(), Box<dyn Error>> {
    let numbers: Vec<u64> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let [usages, latency] = numbers[..] else {
        return Err("give the number of systems and the latency in milliseconds".into());
    };
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let town = Arc::new(Town::new(usize::try_from(usages)?, Duration::from_millis(latency)));
    println!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let town = Arc::clone(&town);
            std::thread::spawn(move || town.serve(stream));
        }
    });
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// The rows of each list as JSON, by the path that asks for it.
struct Town {
    latency: Duration,
    lists: HashMap<String, Vec<String>>,
    pages: Mutex<HashMap<String, Arc<Vec<u8>>>>,
    asked: Mutex<Vec<String>>,
}

impl Town {
    fn new(usages: usize, latency: Duration) -> Self {
        let organization = id("organization", 0);
        let people = usages * 13 / 10;
        let units = 40 + usages / 20;
        let rows = |count: usize, row: &dyn Fn(usize) -> String| (0..count).map(row).collect();
        let users = format!("/api/v2/organizations/{organization}/users");
        let unit_list = format!("/api/v2/organizations/{organization}/organization-units");
        let lists = HashMap::from([
            ("/api/v2/organizations".to_owned(), vec![organization_row()]),
            ("/api/v2/it-system-usage-role-types".to_owned(), rows(12, &role_type)),
            (users, rows(people, &user)),
            (unit_list, rows(units, &unit)),
            ("/api/v2/it-systems".to_owned(), rows(usages, &system)),
            ("/api/v2/it-system-usages".to_owned(), rows(usages, &|n| usage(n, people, units))),
            ("/api/v2/it-contracts".to_owned(), rows(usages / 2, &|n| contract(n, usages))),
            (
                "/api/v2/data-processing-registrations".to_owned(),
                rows(usages / 3, &|n| registration(n, usages)),
            ),
        ]);
        Self { latency, lists, pages: Mutex::default(), asked: Mutex::default() }
    }

    /// Answers the requests of one connection until it closes.
    fn serve(&self, mut stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let Ok(copy) = stream.try_clone() else { return };
        let mut reader = BufReader::new(copy);
        while let Some(path) = request(&mut reader) {
            let answer = if path == "/asked" {
                let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
                whole("200 OK", &std::mem::take(&mut *asked).join("\n"))
            } else {
                let answer = self.answer(&path);
                std::thread::sleep(self.latency);
                self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(path);
                answer
            };
            if stream.write_all(&answer).is_err() {
                return;
            }
        }
    }

    /// The whole reply, made once for each path.
    fn answer(&self, path: &str) -> Arc<Vec<u8>> {
        if path == LOGIN {
            let token = r#""token":"t","email":"","loginSuccessful":true"#;
            return whole(
                "200 OK",
                &format!(r#"{{"msg":"","response":{{{token},"expires":"2099-01-01T00:00:00Z"}}}}"#),
            );
        }
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = pages.get(path) {
            return Arc::clone(answer);
        }
        let (list, query) = path.split_once('?').unwrap_or((path, ""));
        let Some(rows) = self.lists.get(list) else { return whole("404 Not Found", "\"\"") };
        let number = |name: &str, default: usize| {
            let mut given = query.split('&').filter_map(|part| part.strip_prefix(name));
            given.next().and_then(|value| value.parse().ok()).unwrap_or(default)
        };
        let (page, size) = (number("page=", 0), number("pageSize=", 250));
        let rows: Vec<&str> =
            rows.iter().skip(page * size).take(size).map(String::as_str).collect();
        let answer = whole("200 OK", &format!("[{}]", rows.join(",")));
        pages.insert(path.to_owned(), Arc::clone(&answer));
        answer
    }
}

/// The path of the next request, with its query.
fn request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let header = line.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    Some(path)
}

fn whole(status: &str, body: &str) -> Arc<Vec<u8>> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {length}\r\n\r\n"
    );
    Arc::new([head.as_bytes(), body.as_bytes()].concat())
}

fn id(kind: &str, number: usize) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{kind} {number}").as_bytes())
}

fn pair(kind: &str, number: usize) -> String {
    format!(r#"{{"uuid":"{}","name":"{kind} {number}"}}"#, id(kind, number))
}

/// Objects one after another, as a list.
fn list(rows: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", rows.into_iter().collect::<Vec<_>>().join(","))
}

fn organization() -> String {
    let uuid = id("organization", 0);
    format!(r#"{{"uuid":"{uuid}","name":"Birkelund Kommune","cvr":"29180042"}}"#)
}

fn organization_row() -> String {
    let uuid = id("organization", 0);
    format!(
        r#"{{"uuid":"{uuid}","name":"Birkelund Kommune","cvr":"29180042","organizationType":"Municipality","isSupplier":false,"disabled":false}}"#
    )
}

fn role_type(number: usize) -> String {
    let uuid = id("role", number);
    let name = if number == 0 { "Systemejer".to_owned() } else { format!("role {number}") };
    format!(
        r#"{{"uuid":"{uuid}","name":"{name}","description":"En rolle på et IT-system","writeAccess":true,"isExternallyAvailable":false,"externallyAvailableDescription":null}}"#
    )
}

fn user(number: usize) -> String {
    let uuid = id("person", number);
    format!(
        r#"{{"uuid":"{uuid}","name":"Kirsten Jørgensen {number}","firstName":"Kirsten","lastName":"Jørgensen {number}","email":"person{number}@kommune.example","phoneNumber":null,"apiAccess":false,"roles":["User"]}}"#
    )
}

fn unit(number: usize) -> String {
    let uuid = id("unit", number);
    let parent = if number == 0 { "null".to_owned() } else { pair("unit", (number - 1) / 8) };
    format!(
        r#"{{"uuid":"{uuid}","name":"Afdeling {number}","parentOrganizationUnit":{parent},"ean":null,"unitId":"{number}","origin":"STSOrganisation","externalOriginUuid":"{}"}}"#,
        id("external", number)
    )
}

fn system(number: usize) -> String {
    let uuid = id("system", number);
    format!(
        r#"{{"uuid":"{uuid}","externalUuid":null,"parentSystem":null,"name":"System {number}","formerName":null,"description":"{}","externalReferences":[],"kle":[],"deactivated":false,"businessType":{},"rightsHolder":{},"created":"2019-03-01T00:00:00Z","createdBy":{},"recommendedArchiveDuty":{{"id":"Undecided","comment":null}},"mainContractSuppliers":[{}],"usingOrganizations":[{}],"lastModified":"2026-03-01T10:11:12.1234567Z","lastModifiedBy":{},"scope":"Global","legalName":null,"legalDataProcessorName":null}}"#,
        "Fagsystem til sagsbehandling. ".repeat(8),
        pair("business type", number % 20),
        organization(),
        pair("person", number),
        organization(),
        organization(),
        pair("person", number),
    )
}

/// About 3 kB, as in KITOS: notes, references and a name beside each uuid.
fn usage(number: usize, people: usize, units: usize) -> String {
    // One of twelve has no owner; every third has a second role.
    let mut roles = Vec::new();
    let assigned = |role: usize, person: usize| {
        format!(r#"{{"user":{},"role":{}}}"#, pair("person", person % people), pair("role", role))
    };
    if !number.is_multiple_of(12) {
        roles.push(assigned(0, number / 3));
    }
    if number.is_multiple_of(3) {
        roles.push(assigned(1, number));
    }
    let mut relations = Vec::new();
    if number.is_multiple_of(4) && number > 0 {
        relations.push(format!(
            r#"{{"uuid":"{}","relationInterface":null,"associatedContract":null,"relationFrequency":null,"description":null,"urlReference":null,"toSystemUsage":{}}}"#,
            id("relation", number),
            pair("usage", number - 1)
        ));
    }
    let life = if number.is_multiple_of(15) { "Undecided" } else { "Operational" };
    let mut json = String::with_capacity(3200);
    let _ = write!(
        json,
        r#"{{"uuid":"{}","createdBy":{},"lastModified":"2026-03-01T10:11:12.1234567Z","createdAt":"2019-03-01T00:00:00Z","lastModifiedBy":{},"systemContext":{{"uuid":"{}","name":"System {number}"}},"organizationContext":{},"#,
        id("usage", number),
        pair("person", number % people),
        pair("person", number % people),
        id("system", number),
        organization(),
    );
    let _ = write!(
        json,
        r#""general":{{"localSystemId":null,"localCallName":null,"dataClassification":null,"notes":"{}","systemVersion":"4.2","numberOfExpectedUsers":{{"lowerBound":10,"upperBound":50}},"validity":{{"valid":true,"validAccordingToValidityPeriod":true,"validAccordingToLifeCycle":true,"validAccordingToMainContract":true,"mainContractState":"Active","lifeCycleStatus":"{life}","validFrom":"2019-03-01T00:00:00Z","validTo":null}},"mainContract":{},"containsAITechnology":"No","webAccessibilityCompliance":null,"lastWebAccessibilityCheck":null,"webAccessibilityNotes":null,"isSociallyCritical":"No","isBusinessCritical":"Yes","criticalityFieldsLastChanged":null,"systemUsageCriticalityLevel":null,"criticalityLevelDocumentation":null,"purpose":"Sagsbehandling","technicalSystemTypes":[],"hostedAt":"External","licensingAndCodeModels":["Proprietary"]}},"#,
        "Aftalt med leverandøren. ".repeat(12),
        pair("contract", number / 2),
    );
    let _ = write!(
        json,
        r#""roles":{},"organizationUsage":{{"usingOrganizationUnits":{},"responsibleOrganizationUnit":{}}},"localKLEDeviations":{{"removedKLE":[],"addedKLE":[]}},"externalReferences":[],"archiving":{{"archiveDuty":"Undecided","type":null,"location":null,"testLocation":null,"supplier":null,"active":null,"notes":null,"frequencyInMonths":null,"documentBearing":null,"journalPeriods":[]}},"#,
        list(roles),
        list([pair("unit", number % units), pair("unit", (number + 1) % units)]),
        pair("unit", number % units),
    );
    let _ = write!(
        json,
        r#""gdpr":{{"processingPurpose":"Sagsbehandling","directoryDocumentation":{{"name":null,"url":null}},"dataSensitivityLevels":["PersonData"],"sensitivePersonData":[],"specificPersonalData":["CprNumber"],"registeredDataCategories":[],"technicalPrecautionsInPlace":"Yes","technicalPrecautionsApplied":["AccessControl","Logging"],"technicalPrecautionsDocumentation":{{"name":null,"url":null}},"userSupervision":null,"userSupervisionDate":null,"userSupervisionDocumentation":{{"name":null,"url":null}},"riskAssessmentConducted":"Yes","riskAssessmentConductedDate":"2026-01-10T00:00:00Z","riskAssessmentResult":"Low","riskAssessmentDocumentation":{{"name":null,"url":null}},"riskAssessmentNotes":null,"plannedRiskAssessmentDate":null,"dpiaConducted":null,"dpiaDate":null,"dpiaDocumentation":{{"name":null,"url":null}},"retentionPeriodDefined":null,"nextDataRetentionEvaluationDate":null,"dataRetentionEvaluationFrequencyInMonths":null,"isDataProcessingAgreementRequired":"No"}},"outgoingSystemRelations":{}}}"#,
        list(relations),
    );
    json
}

fn contract(number: usize, usages: usize) -> String {
    format!(
        r#"{{"uuid":"{}","name":"contract {number}","organizationContext":{},"lastModified":"2026-03-01T10:11:12.1234567Z","lastModifiedBy":{},"createdBy":{},"parentContract":null,"general":{{"contractId":null,"contractType":{},"contractTemplate":null,"agreementElements":[],"notes":"{}","validity":{{"valid":true,"enforcedValid":false,"validFrom":"2019-03-01T00:00:00Z","validTo":null,"requireValidParent":false,"validationErrors":null}},"criticality":null}},"supplier":{{"organization":{},"organizationUnit":null,"signed":true,"signedBy":null,"signedAt":null}},"systemUsages":{},"dataProcessingRegistrations":[],"agreementPeriod":{{"durationYears":null,"durationMonths":null,"isContinuous":true,"extensionOptions":null,"extensionOptionsUsed":0,"irrevocableUntil":null}},"termination":{{"terminatedAt":null,"terms":null}},"payments":{{"external":[],"internal":[]}},"roles":[],"externalReferences":[]}}"#,
        id("contract", number),
        organization(),
        pair("person", number),
        pair("person", number),
        pair("contract type", number % 10),
        "Rammeaftale. ".repeat(20),
        pair("supplier", number % 200),
        list([pair("usage", number * 2 % usages), pair("usage", (number * 2 + 1) % usages)]),
    )
}

fn registration(number: usize, usages: usize) -> String {
    format!(
        r#"{{"name":"registration {number}","uuid":"{}","createdBy":{},"lastModified":"2026-03-01T10:11:12.1234567Z","lastModifiedBy":{},"organizationContext":{},"general":{{"dataResponsible":null,"dataResponsibleRemark":null,"isAgreementConcluded":"Yes","isAgreementConcludedRemark":null,"agreementConcludedAt":"2020-01-01T00:00:00Z","basisForTransfer":null,"transferToInsecureThirdCountries":"No","insecureCountriesSubjectToDataTransfer":[],"dataProcessors":[{}],"hasSubDataProcessors":"No","subDataProcessors":[],"validity":{{"valid":true,"enforceInvalidity":false,"validationErrors":null}},"mainContract":null,"associatedContracts":[],"responsibleOrganizationUnit":null}},"systemUsages":{},"oversight":{{"oversightOptions":[],"oversightOptionsRemark":null,"oversightInterval":"Yearly","oversightIntervalRemark":null,"isOversightCompleted":"Yes","oversightCompletedRemark":null,"oversightScheduledInspectionDate":null,"oversightDates":[]}},"roles":[],"externalReferences":[]}}"#,
        id("registration", number),
        pair("person", number),
        pair("person", number),
        organization(),
        pair("supplier", number % 200),
        list([pair("usage", number * 3 % usages)]),
    )
}
