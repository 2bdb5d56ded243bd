//! Which of our crates may depend on which: arrows point down the hourglass, drivers know no protocol, protocols know
//! no driver.
//!
//! The compiler refuses cycles only. This rule refuses every arrow that is not drawn here, so a new arrow is a decision
//! that someone makes in this file.

use toml::{Table, Value};

use super::documents::Document;
use super::findings::Finding;
use super::manifests::{dependency_tables, key_line, parse};
use super::tree::Tree;

const RULE: &str = "layering";

/// What one crate may depend on.
struct Layer {
    name: &'static str,
    /// Crates of ours that it may use in the product.
    may_use: Allowed,
    /// Crates of ours that its tests may use besides.
    tests_may_use: Allowed,
}

enum Allowed {
    Only(&'static [&'static str]),
    Anything,
}

impl Allowed {
    fn contains(&self, name: &str) -> bool {
        match self {
            Allowed::Only(names) => names.contains(&name),
            Allowed::Anything => true,
        }
    }
}

/// From the bottom up.
const LAYERS: [Layer; 12] = [
    Layer { name: "synod-kernel", may_use: Allowed::Only(&[]), tests_may_use: Allowed::Anything },
    Layer {
        name: "synod-protocols",
        may_use: Allowed::Only(&["synod-kernel"]),
        tests_may_use: Allowed::Only(&["synod-sim", "synod-state", "synod-kv", "synod-storage"]),
    },
    Layer {
        name: "synod-attacks",
        may_use: Allowed::Only(&["synod-kernel", "synod-protocols"]),
        tests_may_use: Allowed::Only(&["synod-sim", "synod-state", "synod-kv", "synod-storage"]),
    },
    Layer { name: "synod-state", may_use: Allowed::Only(&["synod-kernel"]), tests_may_use: Allowed::Anything },
    Layer {
        name: "synod-kv",
        may_use: Allowed::Only(&["synod-kernel", "synod-state"]),
        tests_may_use: Allowed::Anything,
    },
    Layer {
        name: "synod-storage",
        may_use: Allowed::Only(&["synod-kernel", "synod-state"]),
        tests_may_use: Allowed::Anything,
    },
    Layer {
        name: "synod-sim",
        may_use: Allowed::Only(&["synod-kernel", "synod-state", "synod-storage"]),
        tests_may_use: Allowed::Only(&["synod-protocols", "synod-attacks", "synod-kv"]),
    },
    Layer {
        name: "synod-node",
        may_use: Allowed::Only(&["synod-kernel", "synod-state", "synod-storage"]),
        tests_may_use: Allowed::Anything,
    },
    // Brings protocols, attacks and services together with the simulator, which knows none of them.
    Layer {
        name: "synod-lab",
        may_use: Allowed::Only(&[
            "synod-kernel",
            "synod-protocols",
            "synod-attacks",
            "synod-state",
            "synod-kv",
            "synod-storage",
            "synod-sim",
        ]),
        tests_may_use: Allowed::Only(&[]),
    },
    Layer { name: "synod", may_use: Allowed::Anything, tests_may_use: Allowed::Anything },
    // Written from docs/WIRE.md alone: what it shared with the product could be wrong in both.
    Layer { name: "synod-hostile", may_use: Allowed::Only(&[]), tests_may_use: Allowed::Only(&[]) },
    Layer { name: "xtask", may_use: Allowed::Only(&[]), tests_may_use: Allowed::Only(&[]) },
];

/// Every dependency between our crates is one of the arrows above.
pub(crate) fn crates_depend_downwards(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in &tree.manifests {
        let Ok(table) = parse(manifest) else { continue };
        let Some(name) = package_name(&table) else { continue };
        match LAYERS.iter().find(|layer| layer.name == name) {
            Some(layer) => findings.extend(forbidden_arrows(manifest, &table, layer)),
            None if manifest.path.starts_with("crates/") => {
                let sentence = format!("{name} has no layer; decide what it may depend on and add it to LAYERS");
                findings.push(Finding::error(&manifest.path, 1, RULE, sentence));
            }
            None => {}
        }
    }
    findings
}

fn forbidden_arrows(manifest: &Document, table: &Table, layer: &Layer) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (kind, dependencies) in dependency_tables(table) {
        let for_tests = kind == "dev-dependencies";
        for (key, value) in dependencies {
            let target = value.get("package").and_then(Value::as_str).unwrap_or(key);
            let ours = LAYERS.iter().any(|layer| layer.name == target) || target.starts_with("synod-");
            let allowed = layer.may_use.contains(target) || (for_tests && layer.tests_may_use.contains(target));
            // A crate may name itself among its dev-dependencies, to switch on a feature for its own tests.
            if ours && !allowed && !(for_tests && target == layer.name) {
                let whose = if for_tests { "the tests of " } else { "" };
                let sentence =
                    format!("{whose}{} may not depend on {target}; move what is shared to a lower crate", layer.name);
                findings.push(Finding::error(&manifest.path, key_line(&manifest.text, kind, key), RULE, sentence));
            }
        }
    }
    findings
}

fn package_name(table: &Table) -> Option<&str> {
    table.get("package")?.get("name")?.as_str()
}

#[cfg(test)]
mod tests;
