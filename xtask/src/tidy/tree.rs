//! The files of the repository, read once, by kind.
//!
//! Version control's own folder and build output are left out; symbolic links are not followed. The content of a file
//! is kept only if some rule reads that kind of file.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use super::documents::{Document, file_name};
use super::findings::Finding;
use super::source::Source;

/// The repository as the rules see it.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// Every file, and every folder that holds one, by path from the root.
    pub(crate) paths: BTreeSet<String>,
    /// Rust files.
    pub(crate) sources: Vec<Source>,
    /// Markdown files.
    pub(crate) markdown: Vec<Document>,
    /// Files called `Cargo.toml`.
    pub(crate) manifests: Vec<Document>,
    /// A complaint for each file of those kinds that is not UTF-8.
    pub(crate) unreadable: Vec<Finding>,
}

impl Tree {
    /// Reads the repository at `root`.
    pub(crate) fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Tree::default();
        tree.read_folder(root, "")?;
        tree.mark_test_modules();
        Ok(tree)
    }

    /// A repository that exists only in memory.
    #[cfg(test)]
    pub(crate) fn from_files(files: &[(&str, &str)]) -> Self {
        let mut tree = Tree::default();
        for (path, text) in files {
            let folders = path.match_indices('/').map(|(end, _)| path[..end].to_owned());
            tree.paths.extend(folders);
            tree.add(path, text.as_bytes().to_vec());
        }
        tree.mark_test_modules();
        tree
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                if !is_left_out(&path, &entry.path()) {
                    self.paths.insert(path.clone());
                    self.read_folder(&entry.path(), &path)?;
                }
            } else if is_read(&path) && kind.is_file() {
                self.add(&path, fs::read(entry.path())?);
            } else {
                self.paths.insert(path);
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &str, bytes: Vec<u8>) {
        self.paths.insert(path.to_owned());
        let Ok(text) = String::from_utf8(bytes) else {
            self.unreadable.push(Finding::error(path, 1, "encoding", "not UTF-8; save it as UTF-8"));
            return;
        };
        let document = || Document { path: path.to_owned(), text: text.clone() };
        if file_name(path) == "Cargo.toml" {
            self.manifests.push(document());
        } else if is_markdown(path) {
            self.markdown.push(document());
        } else if is_rust(path) {
            self.sources.push(Source::new(path, &text));
        }
    }

    /// A module declared under `#[cfg(test)]` is test code, with all modules below it, whatever its file is called.
    fn mark_test_modules(&mut self) {
        let modules: Vec<String> = self.sources.iter().flat_map(Source::test_modules).collect();
        for source in &mut self.sources {
            let below = |module: &String| {
                source.path.strip_prefix(module.as_str()).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
            };
            if modules.iter().any(below) {
                source.mark_as_test_file();
            }
        }
    }
}

/// Whether a folder is version control's own, or build output. cargo tags its output folders, wherever they are, but
/// only those that it makes itself: the usual one may have been there before, for the tools installed in it.
fn is_left_out(path: &str, folder: &Path) -> bool {
    file_name(path) == ".git" || path == "target" || folder.join("CACHEDIR.TAG").exists()
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

fn is_markdown(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "md")
}

fn is_read(path: &str) -> bool {
    is_rust(path) || is_markdown(path) || file_name(path) == "Cargo.toml"
}

#[cfg(test)]
mod tests;
