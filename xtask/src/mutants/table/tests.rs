//! Whoever survived stands out.

use super::*;

fn row(id: &str, outcome: Outcome) -> Row {
    Row { id: id.to_owned(), title: "a weakening".to_owned(), outcome }
}

fn noticed(seconds: f64) -> Outcome {
    let text = |text: &str| text.to_owned();
    Outcome::Noticed { seed: 3, rule: text("Agreement"), sentence: text("s"), seconds, replay: text("r") }
}

#[test]
fn the_table_says_who_was_noticed_and_who_was_not() {
    let survived = Outcome::Survived { seeds: 9, seconds: 600.0 };
    let rows = [row("MU-01", noticed(1.0)), row("MU-02", survived.clone()), row("MU-03", noticed(5.0))];
    let text = to_text(&rows, &survived);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].starts_with("MU-01   yes") && lines[1].contains("Agreement"), "{text}");
    assert!(lines[2].starts_with("MU-02   NO"), "{text}");
    assert!(text.contains("2 of 3 noticed\nmedian 5.0 s") && text.contains("good in the same 9 seeds"), "{text}");
    let json = to_json(&rows, &noticed(1.0));
    assert_eq!((json["mutants"][1]["noticed"].as_bool(), json["sound"]["seed"].as_u64()), (Some(false), Some(3)));
}
