//! Rules about `Cargo.toml`: dependencies are named once, with the reason they are in the tree, and no crate opts out
//! of the workspace's lints, by which `unsafe` is forbidden.

use toml::{Table, Value};

use super::documents::Document;
use super::findings::Finding;
use super::tree::Tree;

const ROOT: &str = "Cargo.toml";
const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Reads a manifest.
pub(crate) fn parse(manifest: &Document) -> Result<Table, toml::de::Error> {
    manifest.text.parse()
}

/// The tables of dependencies of a package with their kinds, those for certain platforms included.
pub(crate) fn dependency_tables(manifest: &Table) -> Vec<(&'static str, &Table)> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let platforms = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    let owners: Vec<&Table> = std::iter::once(manifest).chain(platforms).collect();
    let of_kind = |kind| {
        let tables = owners.iter().filter_map(move |owner| owner.get(kind).and_then(Value::as_table));
        tables.map(move |table| (kind, table))
    };
    KINDS.into_iter().flat_map(of_kind).collect()
}

/// The line of `key` in the first section of that name, for any platform, that has it; 1 if it is written in some
/// unforeseen way.
pub(crate) fn key_line(text: &str, section: &str, key: &str) -> usize {
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            let is_called = |name: &str| {
                let rest = header.trim_end_matches(']').strip_suffix(name);
                rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            };
            inside = is_called(section);
            if is_called(&format!("{section}.{key}")) {
                return index + 1;
            }
        } else if inside && entry_key(line) == Some(key) {
            return index + 1;
        }
    }
    1
}

/// The key that a line such as `key = value` or `key.workspace = true` gives a value to.
fn entry_key(line: &str) -> Option<&str> {
    let (left, _) = line.split_once('=')?;
    let key = left.split('.').next()?.trim().trim_matches('"');
    (!key.is_empty() && !key.starts_with('#')).then_some(key)
}

/// A comment above each dependency of the workspace, or behind it, says why the project depends on it.
pub(crate) fn dependencies_have_reasons(tree: &Tree) -> Vec<Finding> {
    let Some(root) = tree.manifests.iter().find(|manifest| manifest.path == ROOT) else { return Vec::new() };
    let table = match parse(root) {
        Ok(table) => table,
        Err(error) => return vec![Finding::error(ROOT, 1, "manifest", format!("cannot be read: {}", error.message()))],
    };
    let dependencies = table.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    let lines: Vec<&str> = root.text.lines().collect();
    let mut findings = Vec::new();
    for (name, value) in dependencies.and_then(Value::as_table).into_iter().flatten() {
        let line = key_line(&root.text, "workspace.dependencies", name);
        let above = line.checked_sub(2).and_then(|index| lines.get(index)).copied().unwrap_or_default();
        let is_reason = |comment: &str| comment.trim_start_matches('#').trim().len() > 1;
        let has_reason = above.trim().starts_with('#') && is_reason(above.trim());
        let trailing = lines.get(line - 1).and_then(|text| text.rsplit_once(" # ")).map(|(_, comment)| comment);
        let ours = value.get("path").is_some();
        if !ours && !has_reason && !trailing.is_some_and(is_reason) {
            let sentence = format!("{name} has no reason; say in a comment above it why the project depends on it");
            findings.push(Finding::error(ROOT, line, "dependency-reason", sentence));
        }
    }
    findings
}

/// Crates take the versions of their dependencies from the workspace.
pub(crate) fn dependencies_are_inherited(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in members(tree) {
        let Ok(table) = parse(manifest) else {
            findings.push(Finding::error(&manifest.path, 1, "manifest", "cannot be read as TOML"));
            continue;
        };
        for (kind, dependencies) in dependency_tables(&table) {
            for (name, value) in dependencies {
                if value.get("workspace").and_then(Value::as_bool) != Some(true) {
                    let line = key_line(&manifest.text, kind, name);
                    let sentence = format!("write `{name}.workspace = true` and name its version once, in the root");
                    findings.push(Finding::error(&manifest.path, line, "dependency-inheritance", sentence));
                }
            }
        }
    }
    findings
}

/// The workspace forbids `unsafe`, and every crate obeys the workspace's lints.
pub(crate) fn lints_are_inherited(tree: &Tree) -> Vec<Finding> {
    const RULE: &str = "lints";
    let mut findings = Vec::new();
    for manifest in members(tree) {
        let Ok(table) = parse(manifest) else { continue };
        let inherited = table.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool);
        if inherited != Some(true) {
            let sentence = "the workspace's lints are off; add `[lints]` with `workspace = true`";
            findings.push(Finding::error(&manifest.path, 1, RULE, sentence));
        }
    }
    let root = tree.manifests.iter().find(|manifest| manifest.path == ROOT);
    if let Some(Ok(table)) = root.map(parse) {
        let lint = ["workspace", "lints", "rust"]
            .iter()
            .try_fold(&Value::Table(table), |value, key| value.get(key))
            .and_then(|lints| lints.get("unsafe_code")?.as_str().map(str::to_owned));
        if lint.as_deref() != Some("forbid") {
            let sentence = "unsafe code is not forbidden; put `unsafe_code = \"forbid\"` under [workspace.lints.rust]";
            findings.push(Finding::error(ROOT, 1, RULE, sentence));
        }
    }
    findings
}

/// Manifests of the workspace's crates.
fn members(tree: &Tree) -> impl Iterator<Item = &Document> {
    tree.manifests.iter().filter(|manifest| {
        let components: Vec<&str> = manifest.path.split('/').collect();
        matches!(components.as_slice(), ["crates", _, "Cargo.toml"] | ["xtask", "Cargo.toml"])
    })
}

#[cfg(test)]
mod tests;
