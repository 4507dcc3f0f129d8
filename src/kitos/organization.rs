//! Which of KITOS's organisations is ours, and whether the API user belongs to it.

use super::error::{Error, excerpt};
use super::list::Lists;
use super::translate::text;
use super::wire::OrganizationRow;
use crate::config::OrganizationId;
use crate::model::Organization;

/// An API user belongs to few organisations, nearly always to one.
const PAGE_SIZE: u32 = 100;

/// Our organisation, of which the user must be a member: without membership every
/// list is empty, as if the municipality had switched everything off.
pub async fn find(lists: &Lists<'_>, wanted: &OrganizationId) -> Result<Organization, Error> {
    let query = match wanted {
        OrganizationId::Cvr(cvr) => format!("cvrContent={cvr}&"),
        OrganizationId::Uuid(uuid) => format!("uuid={uuid}&"),
    };
    let member = "onlyWhereUserHasMembership=true&";
    let ours = |rows: Vec<OrganizationRow>| rows.into_iter().find(|row| is_ours(row, wanted));
    let row = match ours(ask(lists, &format!("{member}{query}")).await?) {
        Some(row) => row,
        // KITOS finds no number that is written with blanks.
        None => match ours(ask(lists, member).await?) {
            Some(row) => row,
            None => return Err(absent(ask(lists, &query).await?, wanted)),
        },
    };
    if row.disabled == Some(true) {
        return Err(Error::OrganizationDisabled { name: called(&row) });
    }
    let cvr = text(row.cvr);
    // Mails and pages begin with the name, which KITOS lets be blank.
    let name = text(row.name).unwrap_or_else(|| match &cvr {
        Some(cvr) => format!("CVR {cvr}"),
        None => row.uuid.to_string(),
    });
    Ok(Organization { uuid: row.uuid, name, cvr })
}

async fn ask(lists: &Lists<'_>, query: &str) -> Result<Vec<OrganizationRow>, Error> {
    let query = query.trim_end_matches('&');
    let path = format!("/api/v2/organizations?{query}");
    Ok(lists.all::<OrganizationRow>(&path, PAGE_SIZE, Some(0), |_| {}).await?.rows)
}

/// `cvrContent` matches contained text, and KITOS takes a CVR number as it is typed
/// ("DK 12 34 56 78"): its digits count, all of them.
fn is_ours(row: &OrganizationRow, wanted: &OrganizationId) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    match wanted {
        OrganizationId::Uuid(uuid) => row.uuid == *uuid,
        OrganizationId::Cvr(cvr) => row.cvr.as_deref().is_some_and(|found| digits(found) == *cvr),
    }
}

/// Why it is not among the user's, by what KITOS finds without that condition.
fn absent(found: Vec<OrganizationRow>, wanted: &OrganizationId) -> Error {
    if let Some(row) = found.iter().find(|row| is_ours(row, wanted)) {
        return Error::NotMember { name: called(row), uuid: row.uuid };
    }
    let wanted = match wanted {
        OrganizationId::Cvr(cvr) => format!("with CVR {cvr}"),
        OrganizationId::Uuid(uuid) => uuid.to_string(),
    };
    let similar = found.iter().take(3).map(|row| {
        let cvr = match text(row.cvr.clone()) {
            Some(cvr) => excerpt(cvr.as_bytes()),
            None => "no CVR number".to_owned(),
        };
        format!("{} has {cvr} there and the UUID {}", called(row), row.uuid)
    });
    Error::OrganizationNotFound { wanted, similar: similar.collect::<Vec<_>>().join("; ") }
}

/// What people know it by; KITOS lets a name be blank.
fn called(row: &OrganizationRow) -> String {
    let told = |value: &Option<String>| text(value.clone()).map(|text| excerpt(text.as_bytes()));
    match (told(&row.name), told(&row.cvr)) {
        (Some(name), _) => name,
        (None, Some(cvr)) => format!("with CVR {cvr}"),
        (None, None) => row.uuid.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearly_ours_is_told_by_its_number_if_it_has_one() {
        for (cvr, told) in [
            (Some("123"), "has 123 there"),
            (Some(" "), "has no CVR number"),
            (None, "has no CVR number"),
        ] {
            let name = Some("Randers".to_owned());
            let cvr = cvr.map(str::to_owned);
            let row = OrganizationRow { uuid: uuid::Uuid::nil(), name, cvr, disabled: None };
            let error = absent(vec![row], &OrganizationId::Cvr("29189668".to_owned())).to_string();
            assert!(error.contains(&format!("Randers {told}")), "{error}");
        }
    }
}
