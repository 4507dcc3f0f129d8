//! What the repository promises about itself: the order of its folders, the pages
//! that are made of the code, the table of faults, the list of dependencies. Pure
//! and quick.

mod circles;
mod dependencies;
mod handbook;
mod layers;
mod locked;
mod map;
mod matrix;
mod sources;
