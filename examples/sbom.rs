//! Writes the package's bill of materials (CycloneDX 1.5, JSON) to stdout, out of
//! `cargo metadata` on stdin and `Cargo.lock`: every crate that is linked or runs
//! in the build, and the SQLite inside one of them. `deploy/sbom` calls it. The
//! same sources give the same bytes: no time stamp, no serial number.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let metadata: Value = serde_json::from_reader(std::io::stdin().lock())?;
    let lock: toml::Table = std::fs::read_to_string("Cargo.lock")?.parse()?;
    println!("{}", serde_json::to_string_pretty(&bill(&metadata, &checksums(&lock))?)?);
    Ok(())
}

/// Checksums of the registry's files, by name and version.
fn checksums(lock: &toml::Table) -> BTreeMap<(String, String), String> {
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let text = |package: &toml::Value, key| Some(package.get(key)?.as_str()?.to_owned());
    packages
        .into_iter()
        .flatten()
        .filter_map(|package| {
            let key = (text(package, "name")?, text(package, "version")?);
            Some((key, text(package, "checksum")?))
        })
        .collect()
}

fn bill(
    metadata: &Value,
    checksums: &BTreeMap<(String, String), String>,
) -> Result<Value, Box<dyn Error>> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let by_id: BTreeMap<String, Value> =
        list(&metadata["packages"]).into_iter().map(|row| (word(&row["id"]), row)).collect();
    let needs: BTreeMap<String, BTreeSet<String>> = list(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| {
            // What only tests need is not in the package.
            let built = |dep: &&Value| list(&dep["dep_kinds"]).iter().any(|k| k["kind"] != "dev");
            let deps = list(&node["deps"]);
            let deps = deps.iter().filter(built).map(|dep| word(&dep["pkg"])).collect();
            (word(&node["id"]), deps)
        })
        .collect();
    let root = word(&metadata["resolve"]["root"]);
    let mut reached = BTreeSet::new();
    let mut ahead = vec![root.clone()];
    while let Some(id) = ahead.pop() {
        if reached.insert(id.clone()) {
            ahead.extend(needs.get(&id).into_iter().flatten().cloned());
        }
    }
    let package = |id: &String| by_id.get(id).ok_or(format!("no package {id}"));
    let mut components = Vec::new();
    let mut dependencies = Vec::new();
    for id in &reached {
        let row = package(id)?;
        let needed: Result<Vec<String>, String> =
            needs.get(id).into_iter().flatten().map(|id| Ok(purl(package(id)?))).collect();
        dependencies.push(json!({ "ref": purl(row), "dependsOn": needed? }));
        if *id != root {
            components.push(component("library", row, checksums));
        }
    }
    components.push(sqlite());
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": component("application", package(&root)?, checksums) },
        "components": components,
        "dependencies": dependencies,
    }))
}

fn component(kind: &str, row: &Value, checksums: &BTreeMap<(String, String), String>) -> Value {
    // Older crates write "MIT/Apache-2.0".
    let license = word(&row["license"]).replace('/', " OR ");
    let mut component = json!({
        "type": kind,
        "bom-ref": purl(row),
        "name": row["name"],
        "version": row["version"],
        "purl": purl(row),
        "licenses": [{ "expression": license }],
    });
    if let Some(sum) = checksums.get(&(word(&row["name"]), word(&row["version"]))) {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
    }
    if let Some(url) = row["repository"].as_str() {
        component["externalReferences"] = json!([{ "type": "vcs", "url": url }]);
    }
    component
}

/// C that comes inside a crate.
fn sqlite() -> Value {
    let version = rusqlite::version();
    let purl = format!("pkg:generic/sqlite@{version}");
    json!({
        "type": "library",
        "bom-ref": purl,
        "name": "sqlite",
        "version": version,
        "purl": purl,
        "licenses": [{ "license": { "id": "blessing" } }],
    })
}

fn purl(row: &Value) -> String {
    format!("pkg:cargo/{}@{}", word(&row["name"]), word(&row["version"]).replace('+', "%2B"))
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
