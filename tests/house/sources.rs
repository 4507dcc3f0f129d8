//! The sources of the program as the tests of this folder read them: which file is
//! which module, what it defines, and which paths it names. proc-macro2 splits the
//! text into tokens; comments, strings and whatever is built for tests only are left
//! out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path from the root of the crate, e.g. `["store", "outbox", "claim"]`; one that
/// leads into another crate begins with its name.
pub type Names = Vec<String>;

/// A path that a file names, in a `use` or in the middle of its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub line: usize,
    pub path: Names,
}

/// One leaf of a `use`, or a `mod`.
#[derive(Debug)]
pub struct Import {
    /// The name that it gives; a star has none.
    pub name: Option<String>,
    pub named: Named,
    /// A `mod`, or a `pub use`: for others, and not used here.
    pub handed_on: bool,
}

/// One file.
#[derive(Debug, Default)]
pub struct Source {
    /// Below `src`.
    pub file: String,
    /// Its module, from the root of the crate.
    pub module: Names,
    /// What it defines: types, functions, constants, traits.
    pub defines: BTreeSet<String>,
    /// What its `use` and `mod` lines bring in.
    pub imports: Vec<Import>,
    /// Paths in its code, imported names spelled out.
    pub inline: Vec<Named>,
}

impl Source {
    pub fn read(file: &str, text: &str) -> Self {
        let module = module(file);
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut flat = Vec::new();
        flatten(tokens, &mut flat);
        let mut this = Self { file: file.to_owned(), module, ..Self::default() };
        this.take_modules(&flat);
        this.take_declarations(&flat);
        this.take_paths(&flat);
        this
    }

    /// Every path that it names.
    pub fn named(&self) -> impl Iterator<Item = &Named> {
        self.imports.iter().map(|import| &import.named).chain(&self.inline)
    }

    /// Every path that it uses itself.
    pub fn used(&self) -> impl Iterator<Item = &Named> {
        let imports = self.imports.iter().filter(|import| !import.handed_on);
        imports.map(|import| &import.named).chain(&self.inline)
    }

    fn take_modules(&mut self, tokens: &[Token]) {
        for window in tokens.windows(3) {
            let [word, name, end] = window else { continue };
            if word.text == "mod" && end.text == ";" {
                let path = [self.module.as_slice(), std::slice::from_ref(&name.text)].concat();
                let named = Named { line: name.line, path };
                let name = Some(name.text.clone());
                self.imports.push(Import { name, named, handed_on: true });
            }
        }
    }

    fn take_declarations(&mut self, tokens: &[Token]) {
        const DEFINING: [&str; 8] =
            ["struct", "enum", "fn", "const", "static", "trait", "type", "union"];
        for (at, token) in tokens.iter().enumerate() {
            let next = tokens.get(at + 1).map_or("", |next| &next.text);
            if DEFINING.contains(&token.text.as_str()) && is_name(next) {
                self.defines.insert(next.to_owned());
            }
            if token.text == "use" {
                let handed_on = at > 0 && ["pub", ")"].contains(&tokens[at - 1].text.as_str());
                let mut found = Vec::new();
                tree(&tokens[at + 1..], &[], &mut found);
                for (name, Named { line, path }) in found {
                    let named = Named { line, path: self.absolute(&path) };
                    self.imports.push(Import { name, named, handed_on });
                }
            }
        }
    }

    fn take_paths(&mut self, tokens: &[Token]) {
        let mut at = 0;
        while at < tokens.len() {
            if tokens[at].text == "use" {
                at += tokens[at..].iter().position(|t| t.text == ";").unwrap_or(tokens.len());
            }
            let begins = tokens.get(at).is_some_and(|token| is_name(&token.text))
                && (at == 0 || tokens[at - 1].text != "::");
            let mut path = Vec::new();
            let line = tokens.get(at).map_or(0, |token| token.line);
            while begins
                && tokens.get(at).is_some_and(|token| is_name(&token.text))
                && tokens.get(at + 1).is_some_and(|token| token.text == "::")
            {
                path.push(tokens[at].text.clone());
                at += 2;
            }
            if !path.is_empty() {
                path.extend(tokens.get(at).filter(|t| is_name(&t.text)).map(|t| t.text.clone()));
                let path = self.absolute(&path);
                self.inline.push(Named { line, path });
            }
            at += 1;
        }
    }

    /// From the root: `crate`, `super` and `self` resolved, and names that an import
    /// or a `mod` of this file gives.
    fn absolute(&self, path: &[String]) -> Names {
        let rest = |base: &[String], from: usize| [base, &path[from..]].concat();
        match path[0].as_str() {
            "crate" | "kitos_sync" => rest(&[], 1),
            "self" => rest(&self.module, 1),
            "super" => {
                let up = path.iter().take_while(|name| *name == "super").count();
                rest(&self.module[..self.module.len().saturating_sub(up)], up)
            }
            first => {
                let given = |import: &&Import| import.name.as_deref() == Some(first);
                match self.imports.iter().find(given) {
                    Some(import) => [&import.named.path, &path[1..]].concat(),
                    None => path.to_owned(),
                }
            }
        }
    }
}

struct Token {
    text: String,
    line: usize,
}

/// Tokens in their order, `::` as one, groups between their brackets; without
/// literals and without what `#[cfg(test)]` stands before.
fn flatten(stream: TokenStream, flat: &mut Vec<Token>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let line = tree.span().start().line;
        let mut push = |text: String| flat.push(Token { text, line });
        match tree {
            TokenTree::Ident(ident) => push(ident.to_string()),
            TokenTree::Literal(_) => push("\"\"".to_owned()),
            TokenTree::Punct(punct) if punct.as_char() == ':' => {
                let double = matches!(trees.peek(), Some(TokenTree::Punct(p)) if p.as_char() == ':')
                    && punct.spacing() == proc_macro2::Spacing::Joint;
                if double {
                    trees.next();
                }
                push(if double { "::" } else { ":" }.to_owned());
            }
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                let attribute = trees.peek().map(ToString::to_string).unwrap_or_default();
                if attribute.replace(' ', "") == "[cfg(test)]" {
                    trees.find(|tree| match tree {
                        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                        TokenTree::Punct(punct) => punct.as_char() == ';',
                        _ => false,
                    });
                }
            }
            TokenTree::Punct(punct) => push(punct.to_string()),
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::None => ("", ""),
                };
                push(open.to_owned());
                flatten(group.stream(), flat);
                let line = group.span_close().start().line;
                flat.push(Token { text: close.to_owned(), line });
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The leaves of what follows `use`, each with the name that it gives; how many
/// tokens it took.
fn tree(tokens: &[Token], before: &[String], found: &mut Vec<(Option<String>, Named)>) -> usize {
    let mut path = before.to_vec();
    let mut at = 0;
    let line = tokens.first().map_or(0, |token| token.line);
    loop {
        match tokens.get(at).map_or(";", |token| &token.text) {
            "::" => at += 1,
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token.text != "}") {
                    at += tree(&tokens[at..], &path, found);
                    at += usize::from(tokens.get(at).is_some_and(|token| token.text == ","));
                }
                return at + 1;
            }
            "*" => {
                found.push((None, Named { line, path }));
                return at + 1;
            }
            "as" => {
                let name = tokens.get(at + 1).map(|token| token.text.clone());
                found.push((name, Named { line, path }));
                return at + 2;
            }
            // `{self, …}` names what stands before the bracket.
            "self" if at == 0 && !before.is_empty() => at += 1,
            name if is_name(name) => {
                path.push(name.to_owned());
                at += 1;
            }
            _ => {
                let name = path.last().cloned();
                found.push((name, Named { line, path }));
                return at;
            }
        }
    }
}

/// The module of a file below `src`.
fn module(file: &str) -> Names {
    let path = file.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// Every file below `src` that is built into the program; read once.
pub fn sources() -> &'static [Source] {
    static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = BTreeMap::new();
        collect(&root, &root, &mut files);
        assert!(files.len() > 50, "only {} files found", files.len());
        files.iter().map(|(file, text)| Source::read(file, text)).collect()
    });
    &SOURCES
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        let name = path.strip_prefix(root).expect("below the root").display().to_string();
        let only_for_tests = ["tests.rs", "testing.rs", "tests"].iter().any(|t| name.ends_with(t));
        if path.is_dir() && !only_for_tests {
            collect(root, &path, files);
        } else if name.ends_with(".rs") && !only_for_tests {
            files.insert(name, fs::read_to_string(&path).expect("a source file"));
        }
    }
}
