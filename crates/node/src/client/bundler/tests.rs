//! What leaves together and when, and that everyone is told of its own: first with a cluster that answers when the
//! test says so, then with real replicas.
#![allow(clippy::unwrap_used)]

use super::worker::Caller;
use super::*;
use crate::ClientOptions;
use crate::files::ClientFolder;
use crate::fixture::{Site, soon};
use std::collections::BTreeSet;
use std::future::Future;
use synod_kernel::reply::AnswerCertificate;
use synod_kernel::request::MAX_OPERATIONS;
use synod_kernel::signature::Author;
use synod_kernel::symbolic::Referee;
use synod_kernel::{
    ClientId, Digest, Domain, Epoch, Faults, Membership, ReplicaId, Reply, RequestId, RequestKey, Seq, SessionId, View,
};
use synod_protocols::pbft;
use synod_state::Refusal;
use tokio::task::{JoinHandle, yield_now};

type Answered = Result<OperationOutcome, CallError>;

/// A request that waits for the test to say what becomes of it.
struct Asked {
    operations: Vec<Bytes>,
    answer: oneshot::Sender<Result<Outcome, CallError>>,
}

impl Asked {
    /// Executes it: each result is its operation in brackets.
    fn commit(self) {
        let results = self.operations.iter().map(result_of).collect();
        let outcome = Outcome::Committed { seq: Seq::new(1), results, certificate: certificate() };
        self.answer.send(Ok(outcome)).unwrap();
    }

    fn names(&self) -> Vec<String> {
        self.operations.iter().map(|operation| String::from_utf8(operation.to_vec()).unwrap()).collect()
    }
}

fn result_of(operation: &Bytes) -> Bytes {
    [b"<", &operation[..], b">"].concat().into()
}

/// Signatures of two of four replicas under something.
fn certificate() -> AnswerCertificate {
    let members = Membership::new(4, Faults::Byzantine(1)).unwrap();
    let domain = Domain { cluster: Digest::of("test cluster", b""), epoch: Epoch::new(0) };
    let referee = Referee::new(1, members, []);
    let key = RequestKey { client: ClientId::new([1; 32]), session: SessionId::new(1), id: RequestId::new(1) };
    let replies = [0, 1].map(|replica| {
        let signer = referee.signer(Author::Replica(ReplicaId::new(replica)));
        Reply::sign(View::new(0), key, Seq::new(1), Bytes::new(), &domain, &signer)
    });
    AnswerCertificate::gather(replies[0].answer(), &replies, &members).unwrap()
}

#[derive(Clone)]
struct Scripted(mpsc::UnboundedSender<Asked>);

impl Caller for Scripted {
    fn call(&self, operations: Vec<Bytes>) -> impl Future<Output = Result<Outcome, CallError>> + Send {
        let (answer, answered) = oneshot::channel();
        self.0.send(Asked { operations, answer }).unwrap();
        async { answered.await.unwrap() }
    }
}

/// A bundler, and the requests that it makes.
fn scripted(requests_max: usize) -> (Bundler, mpsc::UnboundedReceiver<Asked>) {
    let (bundler, packer) = Bundler::open();
    let (asked, requests) = mpsc::unbounded_channel();
    tokio::spawn(Worker::new(Scripted(asked), requests_max, packer).run());
    (bundler, requests)
}

/// A task that waits for one operation.
fn ask(bundler: &Bundler, operation: impl Into<Bytes>) -> JoinHandle<Answered> {
    let (bundler, operation) = (bundler.clone(), operation.into());
    tokio::spawn(async move { bundler.call(operation).await })
}

/// Lets every task of this thread get as far as it can.
async fn settle() {
    for _ in 0..64 {
        yield_now().await;
    }
}

#[tokio::test]
async fn what_comes_while_requests_are_under_way_leaves_together_and_everyone_is_told_of_its_own() {
    let (bundler, mut requests) = scripted(2);
    let first = ask(&bundler, "a");
    let one = soon(requests.recv()).await.unwrap();
    assert_eq!(one.names(), ["a"], "an operation on an idle handle leaves at once");
    let second = ask(&bundler, "b");
    let two = soon(requests.recv()).await.unwrap();
    assert_eq!(two.names(), ["b"]);

    let others: Vec<_> = ["c", "d", "e"].into_iter().map(|name| ask(&bundler, name)).collect();
    settle().await;
    assert!(requests.try_recv().is_err(), "two requests are under way");
    two.commit();
    let three = soon(requests.recv()).await.unwrap();
    assert_eq!(three.names(), ["c", "d", "e"]);
    three.commit();
    one.commit();
    assert_eq!(first.await.unwrap().unwrap().result().unwrap(), "<a>");
    assert_eq!(second.await.unwrap().unwrap().result().unwrap(), "<b>");
    for (index, (task, expected)) in others.into_iter().zip(["<c>", "<d>", "<e>"]).enumerate() {
        let outcome = task.await.unwrap().unwrap();
        assert_eq!((outcome.result().unwrap().as_ref(), outcome.index()), (expected.as_bytes(), index));
    }
}

#[tokio::test]
async fn those_who_are_told_and_ask_again_leave_together() {
    let (bundler, mut requests) = scripted(1);
    let ask_twice = |name: &'static str| {
        let bundler = bundler.clone();
        tokio::spawn(async move {
            for _ in 0..2 {
                bundler.call(Bytes::from(name)).await.unwrap();
            }
        })
    };
    ask_twice("a");
    soon(requests.recv()).await.unwrap().commit();
    for name in ["b", "c"] {
        ask_twice(name);
    }
    let together = soon(requests.recv()).await.unwrap();
    assert_eq!(together.names(), ["b", "c", "a"], "who was told went on before the next bundle was made");
    together.commit();
    assert_eq!(soon(requests.recv()).await.unwrap().names(), ["b", "c"]);
}

#[tokio::test]
async fn a_bundle_keeps_the_bounds_of_a_request_and_the_order() {
    let (bundler, mut requests) = scripted(1);
    ask(&bundler, "first");
    let under_way = soon(requests.recv()).await.unwrap();
    let small = MAX_OPERATIONS + 1;
    (0..small).for_each(|number| drop(ask(&bundler, number.to_string())));
    settle().await;
    under_way.commit();
    let full = soon(requests.recv()).await.unwrap();
    assert_eq!(full.names(), (0..MAX_OPERATIONS).map(|number| number.to_string()).collect::<Vec<_>>());
    let large = vec![b'x'; MAX_REQUEST_BYTES - 3];
    for operation in [large.clone(), b"fit".to_vec(), b"last".to_vec()] {
        ask(&bundler, operation);
        settle().await;
    }
    full.commit();
    let rest = soon(requests.recv()).await.unwrap();
    assert_eq!(rest.names(), [MAX_OPERATIONS.to_string()], "the large one has no room beside it");
    rest.commit();
    let large_one = soon(requests.recv()).await.unwrap();
    assert_eq!(large_one.operations, [Bytes::from(large), Bytes::from("fit")]);
    large_one.commit();
    assert_eq!(soon(requests.recv()).await.unwrap().names(), ["last"]);
}

#[tokio::test]
async fn who_stops_waiting_takes_back_what_has_not_left() {
    let (bundler, mut requests) = scripted(1);
    ask(&bundler, "first");
    let under_way = soon(requests.recv()).await.unwrap();
    let gone = ask(&bundler, "gone");
    settle().await;
    gone.abort();
    settle().await;
    let stays = ask(&bundler, "stays");
    settle().await;
    under_way.commit();
    let next = soon(requests.recv()).await.unwrap();
    assert_eq!(next.names(), ["stays"]);
    next.commit();
    assert_eq!(stays.await.unwrap().unwrap().result().unwrap(), "<stays>");
    assert_eq!(bundler.room.available_permits(), QUEUE_BYTES, "all room was given back");
}

#[tokio::test]
async fn a_bundle_shares_its_fate_and_no_other() {
    let (bundler, mut requests) = scripted(2);
    let first = ask(&bundler, "first");
    let one = soon(requests.recv()).await.unwrap();
    let second = ask(&bundler, "second");
    let two = soon(requests.recv()).await.unwrap();
    let third = [ask(&bundler, "x"), ask(&bundler, "y")];
    settle().await;
    one.answer.send(Ok(Outcome::Unknown)).unwrap();
    let three = soon(requests.recv()).await.unwrap();
    assert_eq!(three.names(), ["x", "y"], "nothing is asked again by itself");
    let too_far = Outcome::Rejected(Refusal::TooFarAhead);
    three.answer.send(Ok(too_far.clone())).unwrap();
    two.commit();
    let outcome = first.await.unwrap().unwrap();
    assert_eq!((outcome.request(), outcome.result()), (&Outcome::Unknown, None));
    assert_eq!(second.await.unwrap().unwrap().result().unwrap(), "<second>");
    for task in third {
        assert_eq!(*task.await.unwrap().unwrap().request(), too_far);
    }
}

#[tokio::test]
async fn a_session_without_room_is_waited_for_while_something_is_under_way() {
    let busy = Err(CallError::Submit(SubmitError::Busy { outstanding: 64 }));
    let (bundler, mut requests) = scripted(2);
    let first = ask(&bundler, "first");
    let one = soon(requests.recv()).await.unwrap();
    let second = ask(&bundler, "second");
    let two = soon(requests.recv()).await.unwrap();
    two.answer.send(busy.clone()).unwrap();
    let third = ask(&bundler, "third");
    settle().await;
    assert!(requests.try_recv().is_err(), "there was no room, and nothing has become of the first");
    one.commit();
    let again = soon(requests.recv()).await.unwrap();
    assert_eq!(again.names(), ["second"]);
    let last = soon(requests.recv()).await.unwrap();
    assert_eq!(last.names(), ["third"], "what came later leaves later");
    last.commit();
    assert!(third.await.unwrap().is_ok());
    again.answer.send(busy.clone()).unwrap();
    assert_eq!(second.await.unwrap(), busy.map(|_: Outcome| unreachable!()), "nothing of ours can make room");
    assert!(first.await.unwrap().is_ok());
}

#[tokio::test]
async fn what_waits_is_bounded_and_what_cannot_be_sent_is_refused() {
    let (bundler, packer) = Bundler::open();
    let large = || vec![b'x'; MAX_REQUEST_BYTES];
    let tasks: Vec<_> = (0..3).map(|_| ask(&bundler, large())).collect();
    settle().await;
    assert_eq!(bundler.room.available_permits(), 0);
    assert_eq!(bundler.queue.capacity(), QUEUE_OPERATIONS - 2, "the third waits for room");
    let (asked, mut requests) = mpsc::unbounded_channel();
    tokio::spawn(Worker::new(Scripted(asked), 0, packer).run());
    for _ in 0..3 {
        let request = soon(requests.recv()).await.unwrap();
        assert_eq!(request.operations.len(), 1);
        request.commit();
    }
    for task in tasks {
        assert!(task.await.unwrap().is_ok());
    }
    let too_large = bundler.call(Bytes::from(vec![0; MAX_REQUEST_BYTES + 1])).await.unwrap_err();
    assert_eq!(too_large, CallError::Submit(SubmitError::Request(RequestError::TooLarge(MAX_REQUEST_BYTES + 1))));
    assert!(requests.try_recv().is_err());
}

#[tokio::test]
async fn what_was_taken_in_leaves_when_the_last_handle_is_gone() {
    let (bundler, mut requests) = scripted(1);
    ask(&bundler, "first");
    let one = soon(requests.recv()).await.unwrap();
    let second = ask(&bundler, "second");
    settle().await;
    drop(bundler);
    one.commit();
    soon(requests.recv()).await.unwrap().commit();
    assert!(second.await.unwrap().is_ok());
    assert!(soon(requests.recv()).await.is_none(), "the task has ended");
}

#[tokio::test]
async fn real_replicas_execute_every_operation_once() {
    let site = Site::new();
    let running: Vec<_> = (0..4).map(|position| site.start(position)).collect();
    let folder = ClientFolder::open(&site.made.client).unwrap();
    let client = soon(Client::connect(&folder, ClientOptions::new(pbft::PROTOCOL))).await;
    let bundler = Bundler::new(client, Bundler::USUAL_REQUESTS);
    let tasks: Vec<_> = (0..300).map(|_| ask(&bundler, "count")).collect();
    let (mut counts, mut requests) = (BTreeSet::new(), 0);
    for task in tasks {
        let outcome = soon(task).await.unwrap().unwrap();
        assert!(matches!(outcome.request(), Outcome::Committed { .. }), "{outcome:?}");
        counts.insert(u64::from_le_bytes(outcome.result().unwrap()[..].try_into().unwrap()));
        requests += usize::from(outcome.index() == 0);
    }
    assert_eq!(counts, (1..=300).collect());
    assert!(requests < 100, "{requests} requests for 300 operations that came together");
    running.into_iter().for_each(|replica| replica.end().unwrap());
}
