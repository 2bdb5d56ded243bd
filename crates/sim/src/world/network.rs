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
    /// What is wrong with each link, from row to column.
    links: Vec<Link>,
}

/// What is wrong with a link, each until its own time.
#[derive(Clone, Copy, Debug, Default)]
struct Link {
    cut_until: u64,
    gray_until: u64,
    /// How much longer messages take while it is gray.
    gray: u64,
    flaps_until: u64,
    /// How long it works, and then does not, while it flaps.
    period: u64,
}

impl Link {
    fn is_cut(&self, now: u64) -> bool {
        self.cut_until > now || (self.flaps_until > now && (now / self.period.max(1)).is_multiple_of(2))
    }
}

/// The longest that a gray link adds to the way.
const GRAY_MAX: u64 = 300 * options::MILLISECOND;
/// The longest that a flapping link works, or does not, at a time.
const PERIOD_MAX: u64 = 100 * options::MILLISECOND;

impl Network {
    pub(crate) fn new(rates: options::Network, replicas: usize) -> Self {
        let places = replicas + 1;
        Self { rates, places, links: vec![Link::default(); places * places] }
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
        let link = self.links[from * self.places + to];
        let gray = if link.gray_until > now { link.gray } else { 0 };
        if link.is_cut(now) {
            counters.add(Count::Cut);
        } else if chance(choose, "lose", self.rates.loss) {
            counters.add(Count::Lost);
        } else {
            times[0] = Some(now + gray + self.delay(choose));
            if chance(choose, "duplicate", self.rates.duplicate) {
                counters.add(Count::Duplicated);
                times[1] = Some(now + gray + self.delay(choose));
            }
        }
        times.into_iter().flatten()
    }

    /// Whether nothing gets through from one place to another.
    pub(crate) fn is_cut(&self, now: u64, from: usize, to: usize) -> bool {
        self.links[from * self.places + to].is_cut(now)
    }

    fn delay(&self, choose: &mut dyn Chooser) -> u64 {
        let ordinary = between(choose, "delay", self.rates.delay_min, self.rates.delay_max);
        let late = chance(choose, "spike", self.rates.spike);
        if late { ordinary + between(choose, "spike delay", 0, self.rates.spike_max) } else { ordinary }
    }

    /// Spoils some links until `until`. Says what was done.
    pub(crate) fn partition(&mut self, until: u64, counters: &mut Counters, choose: &mut dyn Chooser) -> &'static str {
        // The ones that leave most of the network alone come first.
        let shapes = [
            Shape::Link,
            Shape::Gray,
            Shape::Flap,
            Shape::Pairs,
            Shape::Deaf,
            Shape::Mute,
            Shape::Isolate,
            Shape::Halves,
        ];
        let shape = pick(choose, "partition", &shapes);
        let one = choose.choose("place", self.places);
        match shape {
            Shape::Isolate => self.cut(until, |a, b| (a == one) != (b == one)),
            Shape::Halves => {
                let sides: Vec<bool> = (0..self.places).map(|_| choose.choose("side", 2) == 1).collect();
                self.cut(until, |a, b| sides[a] != sides[b]);
            }
            Shape::Deaf => self.cut(until, |_, b| b == one),
            Shape::Mute => self.cut(until, |a, _| a == one),
            Shape::Pairs => self.cut_pairs(until, counters, choose),
            Shape::Link | Shape::Gray | Shape::Flap => {
                let other = choose.choose("place", self.places);
                self.spoil(shape, (one, other), until, counters, choose);
            }
        }
        shape.name()
    }

    /// Each pair of places is parted in one case of three.
    fn cut_pairs(&mut self, until: u64, counters: &mut Counters, choose: &mut dyn Chooser) {
        for one in 0..self.places {
            for other in one + 1..self.places {
                if choose.choose("pair", 3) == 2 {
                    counters.add(Count::Pairs);
                    self.cut(until, |a, b| (a, b) == (one, other) || (b, a) == (one, other));
                }
            }
        }
    }

    fn spoil(
        &mut self,
        shape: Shape,
        (from, to): (usize, usize),
        until: u64,
        counters: &mut Counters,
        choose: &mut dyn Chooser,
    ) {
        let link = &mut self.links[from * self.places + to];
        match shape {
            Shape::Gray => {
                counters.add(Count::GrayLinks);
                (link.gray_until, link.gray) = (until, between(choose, "gray", 1, GRAY_MAX));
            }
            Shape::Flap => {
                counters.add(Count::Flapping);
                (link.flaps_until, link.period) = (until, between(choose, "period", 1, PERIOD_MAX));
            }
            Shape::Link | Shape::Pairs | Shape::Deaf | Shape::Mute | Shape::Isolate | Shape::Halves => {
                self.cut(until, |a, b| (a, b) == (from, to));
            }
        }
    }

    fn cut(&mut self, until: u64, affects: impl Fn(usize, usize) -> bool) {
        for from in 0..self.places {
            for to in (0..self.places).filter(|&to| to != from && affects(from, to)) {
                let link = &mut self.links[from * self.places + to];
                link.cut_until = until.max(link.cut_until);
            }
        }
    }

    /// Parts places of different blocks until `until`; those without one reach everybody.
    pub(crate) fn part(&mut self, until: u64, block: impl Fn(usize) -> Option<usize>) {
        self.cut(until, |a, b| matches!((block(a), block(b)), (Some(one), Some(other)) if one != other));
    }

    /// Everybody reaches everybody, fast.
    pub(crate) fn heal(&mut self) {
        self.rates = options::Network::calm();
        self.links.fill(Link::default());
    }

    /// A place hears nothing more, or is heard no more, or neither, for good.
    pub(crate) fn exile(&mut self, place: usize, choose: &mut dyn Chooser) {
        match choose.choose("exile", 3) {
            0 => self.cut(u64::MAX, |a, b| (a == place) != (b == place)),
            1 => self.cut(u64::MAX, |_, b| b == place),
            _ => self.cut(u64::MAX, |a, _| a == place),
        }
    }
}

/// How links are spoilt.
#[derive(Clone, Copy)]
enum Shape {
    Link,
    Gray,
    Flap,
    Pairs,
    Deaf,
    Mute,
    Isolate,
    Halves,
}

impl Shape {
    fn name(self) -> &'static str {
        match self {
            Self::Link => "cuts one direction of one link",
            Self::Gray => "slows one direction of one link",
            Self::Flap => "lets one direction of one link come and go",
            Self::Pairs => "parts some pairs",
            Self::Deaf => "makes one deaf",
            Self::Mute => "makes one mute",
            Self::Isolate => "isolates one",
            Self::Halves => "parts two sides",
        }
    }
}

#[cfg(test)]
mod tests;
