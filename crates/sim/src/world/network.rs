//! The network: who reaches whom, how fast, how often.
//!
//! Clients are one more place on the map, so that a partition can part them from replicas. A message that is lost, cut
//! off or beyond the bound on what is under way is gone; nothing is ever altered on its way.

use crate::counters::{Count, Counters};
use crate::draw::{between, chance, pick};
use crate::options;
use synod_kernel::chooser::Chooser;

/// Messages under way at once, at most. More are lost, as in the queues of any network.
pub const MAX_IN_FLIGHT: usize = 200_000;

/// The state of the network.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    rates: options::Network,
    /// Places: the replicas, and the clients together as the last.
    places: usize,
    /// Until when each link, from row to column, is cut.
    cut_until: Vec<u64>,
}

impl Network {
    pub(crate) fn new(rates: options::Network, replicas: usize) -> Self {
        let places = replicas + 1;
        Self { rates, places, cut_until: vec![0; places * places] }
    }

    /// The place where clients are.
    pub(crate) fn clients(&self) -> usize {
        self.places - 1
    }

    /// When the copies of a message sent now arrive: none, one or two times.
    pub(crate) fn arrivals(
        &self,
        now: u64,
        from: usize,
        to: usize,
        counters: &mut Counters,
        choose: &mut dyn Chooser,
    ) -> impl Iterator<Item = u64> + use<> {
        counters.add(Count::Messages);
        let mut times = [None, None];
        if self.cut_until[from * self.places + to] > now {
            counters.add(Count::Cut);
        } else if chance(choose, "lose", self.rates.loss) {
            counters.add(Count::Lost);
        } else {
            times[0] = Some(now + self.delay(choose));
            if chance(choose, "duplicate", self.rates.duplicate) {
                counters.add(Count::Duplicated);
                times[1] = Some(now + self.delay(choose));
            }
        }
        times.into_iter().flatten()
    }

    fn delay(&self, choose: &mut dyn Chooser) -> u64 {
        let ordinary = between(choose, "delay", self.rates.delay_min, self.rates.delay_max);
        let late = chance(choose, "spike", self.rates.spike);
        if late { ordinary + between(choose, "spike delay", 0, self.rates.spike_max) } else { ordinary }
    }

    /// Cuts some links until `until`. Says what was done.
    pub(crate) fn partition(&mut self, until: u64, choose: &mut dyn Chooser) -> &'static str {
        #[derive(Clone, Copy)]
        enum Shape {
            Isolate,
            Halves,
            Deaf,
            Mute,
            Link,
        }
        let shape = pick(choose, "partition", &[Shape::Isolate, Shape::Halves, Shape::Deaf, Shape::Mute, Shape::Link]);
        let one = choose.choose("place", self.places);
        match shape {
            Shape::Isolate => self.cut(until, |a, b| (a == one) != (b == one)),
            Shape::Halves => {
                let sides: Vec<bool> = (0..self.places).map(|_| choose.choose("side", 2) == 0).collect();
                self.cut(until, |a, b| sides[a] != sides[b]);
            }
            Shape::Deaf => self.cut(until, |_, b| b == one),
            Shape::Mute => self.cut(until, |a, _| a == one),
            Shape::Link => {
                let other = choose.choose("place", self.places);
                self.cut(until, |a, b| (a, b) == (one, other));
            }
        }
        match shape {
            Shape::Isolate => "isolates one",
            Shape::Halves => "parts two sides",
            Shape::Deaf => "makes one deaf",
            Shape::Mute => "makes one mute",
            Shape::Link => "cuts one direction of one link",
        }
    }

    fn cut(&mut self, until: u64, affects: impl Fn(usize, usize) -> bool) {
        for from in 0..self.places {
            for to in (0..self.places).filter(|&to| to != from && affects(from, to)) {
                let link = &mut self.cut_until[from * self.places + to];
                *link = until.max(*link);
            }
        }
    }

    /// Everybody reaches everybody, fast.
    pub(crate) fn heal(&mut self) {
        self.rates = options::Network::calm();
        self.cut_until.fill(0);
    }
}

#[cfg(test)]
mod tests;
