//! Acknowledgements that hold and that do not.
#![allow(clippy::unwrap_used)]

use super::Clients;
use crate::judge::fixture::{batch, replica, request};
use crate::judge::{Agreement, Model, Reference, Rule};
use bytes::Bytes;
use synod_kernel::{Request, Seq};

#[derive(Clone, Debug)]
struct Echo;

impl Model for Echo {
    fn execute(&mut self, _: Seq, request: &Request) -> Vec<Bytes> {
        request.operations().collect()
    }
}

fn acknowledge(seq: u64, results: &[&'static str], executed: bool) -> Result<(), Rule> {
    let one = request(1, "a");
    let mut reference = Reference::new(Echo);
    reference.submit((0, 1), &one);
    if executed {
        reference.extend(Seq::new(1), &batch(&[&one])).unwrap();
    }
    let results: Vec<Bytes> = results.iter().map(|result| Bytes::from_static(result.as_bytes())).collect();
    let mut clients = Clients::default();
    clients.submit((0, 1), 0);
    let finding = clients.acknowledge((0, 1), (one.key(), Seq::new(seq)), &results, &reference);
    finding.map_err(|violation| violation.rule)
}

#[test]
fn an_acknowledgement_names_a_place_in_the_order_and_its_results() {
    assert_eq!(acknowledge(1, &["a"], true), Ok(()));
    assert_eq!(acknowledge(2, &["a"], true), Err(Rule::AcknowledgedWrites));
    assert_eq!(acknowledge(1, &["a"], false), Err(Rule::AcknowledgedWrites));
    assert_eq!(acknowledge(1, &["b"], true), Err(Rule::Results));
    assert_eq!(acknowledge(1, &[], true), Err(Rule::Results));
}

#[test]
fn in_the_end_everything_is_answered_and_everybody_is_there() {
    let mut agreement = Agreement::new(2);
    let mut clients = Clients::default();
    let settle = |clients: &Clients, agreement: &Agreement| {
        clients.settle([replica(0), replica(1)], agreement, 0).map_err(|violation| violation.rule)
    };
    clients.submit((0, 1), 0);
    assert_eq!(settle(&clients, &agreement), Err(Rule::Liveness));
    clients.refuse((0, 1));
    assert_eq!(settle(&clients, &agreement), Ok(()));
    let one = batch(&[&request(1, "a")]);
    agreement.execute(replica(0), Seq::new(1)).unwrap();
    agreement.bind(replica(0), Seq::new(1), &one).unwrap();
    assert_eq!(settle(&clients, &agreement), Err(Rule::Liveness), "replica 1 lags");
    agreement.execute(replica(1), Seq::new(1)).unwrap();
    agreement.bind(replica(1), Seq::new(1), &one).unwrap();
    assert_eq!(settle(&clients, &agreement), Ok(()));
}
