//! Every answer has a path to the root, one length for its place, and nothing else leads there.

use super::*;
use crate::fixture::CLIENT;
use crate::request::RequestKey;
use crate::{RequestId, Seq, SessionId};

fn answers(count: u64) -> Vec<Answer> {
    let answer = |id| {
        let request = RequestKey { client: CLIENT, session: SessionId::new(1), id: RequestId::new(id) };
        Answer { request, seq: Seq::new(7), result: Digest::of("test", &id.to_le_bytes()) }
    };
    (1..=count).map(answer).collect()
}

#[test]
fn every_answer_leads_to_the_root_from_its_place_and_from_no_other() {
    for count in [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 33] {
        let answers = answers(count);
        let count = answers.len();
        let tree = Tree::new(answers.iter());
        for (index, answer) in answers.iter().enumerate() {
            let path = tree.path(index);
            assert_eq!(path.len(), siblings(index, count).count());
            assert_eq!(root(answer, index, count, &path), tree.root());
            for other in (0..count).filter(|&other| other != index) {
                assert_ne!(root(answer, other, count, &tree.path(other)), tree.root(), "{index} at {other}");
                assert_ne!(root(&answers[other], index, count, &path), tree.root(), "{other} for {index}");
            }
            for step in 0..path.len() {
                let mut bent = path.clone();
                bent[step].0[0] ^= 1;
                assert_ne!(root(answer, index, count, &bent), tree.root());
            }
        }
    }
}

#[test]
fn a_path_has_at_most_ten_steps() {
    let longest = (0..1024).map(|index| siblings(index, 1024).count()).max();
    assert_eq!(longest, Some(10));
    assert_eq!(siblings(0, 1).count(), 0);
    assert_eq!(siblings(4, 5).collect::<Vec<_>>(), [Side::Left], "what is left over goes up as it is");
    assert_eq!(siblings(2, 5).collect::<Vec<_>>(), [Side::Right, Side::Left, Side::Right]);
}

#[test]
fn order_and_repetition_change_the_root() {
    let [one, two, three] = answers(3).try_into().expect("three");
    let root = |answers: &[Answer]| Tree::new(answers.iter()).root();
    let roots = [
        root(&[one]),
        root(&[one, two]),
        root(&[two, one]),
        root(&[one, two, three]),
        root(&[one, two, three, three]),
        root(&[one, two, two, three]),
    ];
    for (position, root) in roots.iter().enumerate() {
        assert_eq!(roots.iter().position(|other| other == root), Some(position), "no two are equal");
    }
}

#[test]
fn a_pair_of_digests_is_no_answer() {
    let answers = answers(2);
    let [left, right] = [leaf(&answers[0]), leaf(&answers[1])];
    let joined = [*left.as_bytes(), *right.as_bytes()].concat();
    assert_ne!(pair(&left, &right), Digest::of("synod answer v1", &joined));
}

#[test]
#[should_panic(expected = "not in the tree")]
fn an_index_is_below_the_count() {
    siblings(3, 3).count();
}
