//! Crash search.
