//! Arrows that are drawn, and arrows that are not.

use super::{LAYERS, crates_depend_downwards};
use crate::tidy::tree::Tree;

fn sentences(path: &str, manifest: &str) -> Vec<(usize, String)> {
    let findings = crates_depend_downwards(&Tree::from_files(&[(path, manifest)]));
    findings.into_iter().map(|finding| (finding.line, finding.sentence)).collect()
}

#[test]
fn drawn_arrows_pass() {
    let manifest = "[package]\nname = \"synod-sim\"\n[dependencies]\nsynod-kernel.workspace = true\n\
        blake3.workspace = true\n[dev-dependencies]\nsynod-protocols.workspace = true\nsynod-sim.workspace = true\n";
    assert_eq!(sentences("crates/sim/Cargo.toml", manifest), []);
    let facade = "[package]\nname = \"synod\"\n[dependencies]\nsynod-node.workspace = true\n";
    assert_eq!(sentences("crates/synod/Cargo.toml", facade), []);
}

#[test]
fn an_arrow_upwards_is_condemned_where_it_stands() {
    let manifest = "[package]\nname = \"synod-protocols\"\n\n[dependencies]\nsynod-kernel.workspace = true\n\
        synod-sim.workspace = true\n";
    let expected = "synod-protocols may not depend on synod-sim; move what is shared to a lower crate";
    assert_eq!(sentences("crates/protocols/Cargo.toml", manifest), [(6, expected.to_owned())]);
}

#[test]
fn a_driver_may_meet_protocols_in_tests_only() {
    let manifest = "[package]\nname = \"synod-sim\"\n[dependencies]\nsynod-protocols.workspace = true\n";
    assert_eq!(sentences("crates/sim/Cargo.toml", manifest).len(), 1);
}

#[test]
fn tests_of_protocols_may_not_depend_on_a_node() {
    let manifest = "[package]\nname = \"synod-protocols\"\n[dev-dependencies]\nsynod-node.workspace = true\n";
    assert!(sentences("crates/protocols/Cargo.toml", manifest)[0].1.starts_with("the tests of synod-protocols"));
}

#[test]
fn the_stranger_shares_nothing_with_the_product() {
    let manifest = "[package]\nname = \"synod-hostile\"\n[dev-dependencies]\nsynod-kernel.workspace = true\n";
    assert!(sentences("crates/hostile/Cargo.toml", manifest)[0].1.starts_with("the tests of synod-hostile"));
}

#[test]
fn renaming_or_a_platform_does_not_hide_an_arrow() {
    let manifest = "[package]\nname = \"synod-kernel\"\n[dependencies]\nk = { package = \"synod-kv\", path = \"x\" }\n\
        [target.'cfg(unix)'.dependencies]\nsynod-state.workspace = true\n\
        [build-dependencies]\nsynod = { path = \"y\" }\n";
    assert_eq!(sentences("crates/kernel/Cargo.toml", manifest).len(), 3);
}

#[test]
fn a_crate_without_a_layer_is_condemned() {
    let manifest = "[package]\nname = \"synod-novelty\"\n";
    assert!(sentences("crates/novelty/Cargo.toml", manifest)[0].1.contains("has no layer"));
    assert_eq!(sentences("fuzz/Cargo.toml", "[package]\nname = \"synod-fuzz\"\n"), []);
}

#[test]
fn the_drawn_arrows_point_down() {
    for (height, layer) in LAYERS.iter().enumerate() {
        let not_below = LAYERS[height..].iter().filter(|other| layer.may_use.contains(other.name));
        let names: Vec<_> = not_below.map(|other| other.name).collect();
        assert!(names.is_empty() || layer.name == "synod", "{} may use {names:?}", layer.name);
    }
}
