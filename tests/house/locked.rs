//! What a municipality's own people cannot edit in KITOS is asked of nobody.

/// Locked where a supplier of security software fills them in (`docs/kitos-api.md`).
const LOCKED: [&str; 6] = [
    "riskAssessmentResult",
    "criticality",
    "isBusinessCritical",
    "isSociallyCritical",
    "containsAITechnology",
    "oversight",
];

#[test]
fn fields_that_a_supplier_keeps_are_not_read() {
    let wire = include_str!("../../src/kitos/wire.rs").to_lowercase();
    // Rust's spelling of a field is KITOS's without the capitals, once `_` is gone.
    let wire = wire.replace('_', "");
    assert!(wire.contains("riskassessmentconducted"), "the spelling is another now");
    for field in LOCKED {
        assert!(
            !wire.contains(&field.to_lowercase()),
            "{field} is read; nobody may be asked for it"
        );
    }
}
