//! Chance that is the same in each `cargo test`. `deploy/explore` gives other seeds
//! and more cases; proptest takes its seed from `.cargo/config.toml`.

use fastrand::Rng;
use proptest::prelude::ProptestConfig;

/// A walk of its own for each test that names another `seed`.
pub fn rng(seed: u64) -> Rng {
    let explored: Option<u64> = variable("EXPLORE_SEED");
    Rng::with_seed(explored.map_or(seed, |explored| explored.wrapping_add(seed)))
}

/// So many cases of a property, and when exploring several times as many.
pub fn cases(usual: u32) -> ProptestConfig {
    ProptestConfig::with_cases(times(usual))
}

/// So often something is tried, and when exploring several times as often.
pub fn times(usual: u32) -> u32 {
    usual.saturating_mul(variable("EXPLORE_TIMES").unwrap_or(1))
}

fn variable<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}
