//! Saving, loading and pruning checkpoints.
//!
//! Invariant: the index in memory names exactly the files on the disk, all of them durable under their names.

use super::DELTAS_MAX;
use super::entries::{EntryWriter, next_entry};
use super::error::CheckpointError;
use super::format::{self, HEADER_BYTES, Header, PARENT_AT, Parent, TEMPORARY};
use super::frames::{FrameReader, FrameWriter, SHORTEST};
use crate::tag::Tag;
use crate::{Disk, DiskFile, Failure, Identity};
use std::collections::{BTreeMap, BTreeSet};

const LOCK: &str = "checkpoint.lock";

/// A checkpoint as it was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Its sequence number.
    pub sequence: u64,
    /// The digest that was saved with it. The store does not compute it.
    pub digest: [u8; 32],
    /// All entries.
    pub entries: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// A checkpoint as one file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// Its sequence number.
    pub sequence: u64,
    /// The digest that was saved with it. The store does not compute it.
    pub digest: [u8; 32],
    /// Whether `changes` are all entries, and not only what differs from the checkpoint shown before.
    pub is_base: bool,
    /// Keys, strictly ascending, with their values; without one they were removed.
    pub changes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// The checkpoints of a replica. At most one store can be open in a folder at a time.
#[derive(Debug)]
pub struct CheckpointStore<D: Disk> {
    disk: D,
    identity: Identity,
    _lock: D::Lock,
    files: BTreeMap<u64, Indexed>,
    poisoned: Option<CheckpointError>,
}

/// What the index knows of a file.
#[derive(Clone, Copy, Debug)]
struct Indexed {
    parent: Option<Parent>,
    /// The last tag, as it stands at the end of the file.
    end: Tag,
    bytes: u64,
}

impl<D: Disk> CheckpointStore<D> {
    /// Opens the store of a folder, which may be empty, and removes what a crash left unfinished.
    ///
    /// # Errors
    /// [`CheckpointError::Damaged`], [`CheckpointError::ForeignIdentity`] and [`CheckpointError::UnsupportedVersion`]
    /// if the header of any checkpoint is not as it should be; nothing is changed then. [`CheckpointError::Disk`].
    pub fn open(disk: D, identity: Identity) -> Result<CheckpointStore<D>, CheckpointError> {
        let lock = disk.lock(LOCK)?;
        let names = disk.list()?;
        let mut files = BTreeMap::new();
        for sequence in names.iter().filter_map(|name| format::sequence_of(name)) {
            files.insert(sequence, index(&disk, identity, sequence)?);
        }
        if names.iter().any(|name| name == TEMPORARY) {
            disk.remove(TEMPORARY)?;
        }
        // A rename that was seen may not be durable yet, and the caller will act on what it loads.
        disk.sync_dir()?;
        Ok(CheckpointStore { disk, identity, _lock: lock, files, poisoned: None })
    }

    /// Saves a checkpoint, durably. Without a parent, `changes` are all entries; with one, what changed since then,
    /// where no value means that the key was removed. Keys ascend strictly. A checkpoint with the newest sequence
    /// number is replaced; a crash leaves the old or the new one.
    ///
    /// # Errors
    /// [`CheckpointError::NotNewer`], [`CheckpointError::UnknownParent`], [`CheckpointError::Unordered`],
    /// [`CheckpointError::RemovalInBase`], [`CheckpointError::EntryTooLarge`], and a full disk change nothing. Any
    /// other [`CheckpointError::Disk`] is final: every later change returns the same error.
    pub fn save<K: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        sequence: u64,
        digest: [u8; 32],
        parent: Option<u64>,
        changes: impl IntoIterator<Item = (K, Option<V>)>,
    ) -> Result<(), CheckpointError> {
        self.guarded(|store| {
            let header = store.header(sequence, digest, parent)?;
            match store.write(&header, changes) {
                Ok((end, bytes)) => {
                    store.disk.rename(TEMPORARY, &format::name_of(sequence))?;
                    store.disk.sync_dir()?;
                    store.files.insert(sequence, Indexed { parent: header.parent, end, bytes });
                    Ok(())
                }
                Err(error) => {
                    // The unfinished file must not take room, nor be in the way of the next attempt.
                    store.disk.remove(TEMPORARY)?;
                    Err(error)
                }
            }
        })
    }

    /// Loads the checkpoint with the highest sequence number, or nothing if there is none. Everything it builds on is
    /// verified.
    ///
    /// # Errors
    /// [`CheckpointError::Damaged`], [`CheckpointError::Missing`], [`CheckpointError::Disk`]. An older checkpoint is
    /// never returned instead.
    pub fn load_newest(&self) -> Result<Option<Loaded>, CheckpointError> {
        let Some(newest) = self.newest() else { return Ok(None) };
        let mut entries = BTreeMap::new();
        let mut digest = [0; 32];
        self.replay_chain(self.chain(newest)?.into_iter().rev(), |replayed| -> Result<(), CheckpointError> {
            digest = replayed.digest;
            for (key, value) in replayed.changes {
                match value {
                    Some(value) => entries.insert(key, value),
                    None => entries.remove(&key),
                };
            }
            Ok(())
        })?;
        Ok(Some(Loaded { sequence: newest, digest, entries }))
    }

    /// Shows every checkpoint of which nothing was pruned, ascending: a base, what changed from one to the next,
    /// perhaps another base, and so on up to the newest. Everything is verified before it is shown.
    ///
    /// # Errors
    /// As [`CheckpointStore::load_newest`], for any of them; and what `visit` fails with, which ends it.
    pub fn replay<E: From<CheckpointError>>(&self, visit: impl FnMut(Replayed) -> Result<(), E>) -> Result<(), E> {
        let Some(newest) = self.newest() else { return Ok(()) };
        self.chain(newest)?;
        let whole = self.files.keys().copied().filter(|&sequence| self.chain(sequence).is_ok());
        self.replay_chain(whole, visit)
    }

    /// Reads files of which each is a base or builds on the one before it.
    fn replay_chain<E: From<CheckpointError>>(
        &self,
        sequences: impl Iterator<Item = u64>,
        mut visit: impl FnMut(Replayed) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut before = None;
        for sequence in sequences {
            let mut changes = Vec::new();
            let is_base = self.files.get(&sequence).is_some_and(|file| file.parent.is_none());
            let parent = before.filter(|_| !is_base);
            let (Header { digest, .. }, end) = self.read(sequence, parent, |key, value| changes.push((key, value)))?;
            before = Some(end);
            visit(Replayed { sequence, digest, is_base, changes })?;
        }
        Ok(())
    }

    /// Reads and verifies every file, and that each belongs to its parent, without keeping the entries.
    ///
    /// # Errors
    /// [`CheckpointError::Damaged`] for the first bad file, [`CheckpointError::Disk`].
    pub fn verify(&self) -> Result<(), CheckpointError> {
        let mut ends: BTreeMap<u64, Tag> = BTreeMap::new();
        for (&sequence, file) in &self.files {
            // The parent of an old checkpoint may be pruned already; then there is nothing to compare with.
            let before = file.parent.map(|parent| ends.get(&parent.sequence).copied().unwrap_or(parent.end));
            let (_, end) = self.read(sequence, before, |_, _| ())?;
            ends.insert(sequence, end);
        }
        Ok(())
    }

    /// Whether the next checkpoint should be a full base: there is none to build on, or loading the newest one reads
    /// more bytes of deltas than of its base, or [`DELTAS_MAX`] deltas.
    #[must_use]
    pub fn should_rebase(&self) -> bool {
        let Some(Ok(chain)) = self.newest().map(|newest| self.chain(newest)) else { return true };
        let bytes = |sequence: &u64| self.files.get(sequence).map_or(0, |file| file.bytes);
        let Some((base, deltas)) = chain.split_last() else { return true };
        deltas.len() >= DELTAS_MAX || deltas.iter().map(bytes).sum::<u64>() > bytes(base)
    }

    /// Removes every file that is not needed to load a checkpoint with a sequence number of at least `keep_from`, or
    /// the newest one, which always stays.
    ///
    /// # Errors
    /// [`CheckpointError::Disk`], which is final.
    pub fn prune(&mut self, keep_from: u64) -> Result<(), CheckpointError> {
        self.guarded(|store| {
            let mut needed = BTreeSet::new();
            for &kept in store.files.range(keep_from..).map(|(kept, _)| kept).chain(store.newest().iter()) {
                let mut link = Some(kept);
                while let Some(sequence) = link.filter(|sequence| needed.insert(*sequence)) {
                    link = store.files.get(&sequence).and_then(|file| file.parent).map(|parent| parent.sequence);
                }
            }
            let unneeded: Vec<u64> =
                store.files.keys().copied().filter(|sequence| !needed.contains(sequence)).collect();
            if unneeded.is_empty() {
                return Ok(());
            }
            for sequence in unneeded {
                store.disk.remove(&format::name_of(sequence))?;
                store.files.remove(&sequence);
            }
            store.disk.sync_dir()?;
            Ok(())
        })
    }

    /// Removes every checkpoint with a sequence number of at least `from`: they turned out to be wrong, and others will
    /// take their place. A crash in between leaves older ones, or none.
    ///
    /// # Errors
    /// [`CheckpointError::Disk`], which is final.
    pub fn discard_from(&mut self, from: u64) -> Result<(), CheckpointError> {
        self.guarded(|store| {
            // The newest first: what is left always has everything it builds on.
            while let Some(newest) = store.newest().filter(|&newest| newest >= from) {
                store.disk.remove(&format::name_of(newest))?;
                store.disk.sync_dir()?;
                store.files.remove(&newest);
            }
            Ok(())
        })
    }

    /// The highest sequence number.
    #[must_use]
    pub fn newest(&self) -> Option<u64> {
        self.files.last_key_value().map(|(&sequence, _)| sequence)
    }

    /// The sequence numbers of all checkpoints, ascending. Of those that were pruned in part, only the newest can be
    /// relied on.
    pub fn sequences(&self) -> impl Iterator<Item = u64> {
        self.files.keys().copied()
    }

    /// The bytes of all files.
    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }

    /// Runs `work` unless the store is poisoned, and poisons it if the disk fails for another reason than being full.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, CheckpointError>) -> Result<T, CheckpointError> {
        if let Some(error) = &self.poisoned {
            return Err(error.clone());
        }
        let result = work(self);
        if let Err(CheckpointError::Disk(error)) = &result
            && error.failure != Failure::Full
        {
            self.poisoned = Some(CheckpointError::Disk(error.clone()));
        }
        result
    }

    /// The header of a checkpoint to be saved.
    fn header(&self, sequence: u64, digest: [u8; 32], parent: Option<u64>) -> Result<Header, CheckpointError> {
        if let Some(newest) = self.newest().filter(|&newest| newest > sequence) {
            return Err(CheckpointError::NotNewer { sequence, newest });
        }
        let link = |parent: u64| match self.files.get(&parent) {
            Some(file) if parent < sequence => Ok(Parent { sequence: parent, end: file.end }),
            Some(_) | None => Err(CheckpointError::UnknownParent { parent }),
        };
        Ok(Header { identity: self.identity, sequence, digest, parent: parent.map(link).transpose()? })
    }

    /// Writes and syncs the temporary file. Returns its last tag and its length.
    fn write<K: AsRef<[u8]>, V: AsRef<[u8]>>(
        &self,
        header: &Header,
        changes: impl IntoIterator<Item = (K, Option<V>)>,
    ) -> Result<(Tag, u64), CheckpointError> {
        let mut file = self.disk.create(TEMPORARY)?;
        let (bytes, tag, key) = header.encode();
        file.write_at(0, &bytes)?;
        let mut entries = EntryWriter::new(FrameWriter::new(&mut file, tag, key), header.parent.is_none());
        for (key, value) in changes {
            entries.put(key.as_ref(), value.as_ref().map(AsRef::as_ref))?;
        }
        let written = entries.into_frames().finish()?;
        file.sync()?;
        Ok(written)
    }

    /// Reads a file whose parent ends with the tag `before`. Returns its header and its own last tag.
    fn read(
        &self,
        sequence: u64,
        before: Option<Tag>,
        mut visit: impl FnMut(Vec<u8>, Option<Vec<u8>>),
    ) -> Result<(Header, Tag), CheckpointError> {
        let name = format::name_of(sequence);
        let file = self.disk.open(&name)?;
        let (header, tag, key) = read_header(&file, self.identity, sequence)?;
        if header.parent.map(|parent| parent.end) != before {
            return Err(CheckpointError::Damaged { file: name, offset: PARENT_AT as u64 });
        }
        let mut frames = FrameReader::new(name, file, tag, key)?;
        while let Some((key, value)) = next_entry(&mut frames)? {
            visit(key, value);
        }
        Ok((header, frames.tag()))
    }

    /// The checkpoints that must be read to load one, from that one down to its base.
    fn chain(&self, newest: u64) -> Result<Vec<u64>, CheckpointError> {
        let mut chain = vec![newest];
        let mut link = self.files.get(&newest).and_then(|file| file.parent);
        let mut needed_by = newest;
        while let Some(parent) = link {
            let Some(file) = self.files.get(&parent.sequence) else {
                let (file, needed_by) = (format::name_of(parent.sequence), format::name_of(needed_by));
                return Err(CheckpointError::Missing { file, needed_by });
            };
            chain.push(parent.sequence);
            (link, needed_by) = (file.parent, parent.sequence);
        }
        Ok(chain)
    }
}

fn read_header(
    file: &impl DiskFile,
    identity: Identity,
    sequence: u64,
) -> Result<(Header, Tag, crate::tag::TagKey), CheckpointError> {
    let name = format::name_of(sequence);
    let length = file.length()?;
    if length < SHORTEST {
        return Err(CheckpointError::Damaged { file: name, offset: length });
    }
    let mut bytes = [0; HEADER_BYTES];
    file.read_at(0, &mut bytes)?;
    Header::decode(&bytes, &name, sequence, identity)
}

/// What the index must know of a file on the disk.
fn index<D: Disk>(disk: &D, identity: Identity, sequence: u64) -> Result<Indexed, CheckpointError> {
    let file = disk.open(&format::name_of(sequence))?;
    let (header, _, _) = read_header(&file, identity, sequence)?;
    let bytes = file.length()?;
    let mut end = [0; Tag::BYTES];
    file.read_at(bytes - Tag::BYTES as u64, &mut end)?;
    Ok(Indexed { parent: header.parent, end: Tag::from_bytes(end), bytes })
}
