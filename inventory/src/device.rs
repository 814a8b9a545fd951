//! Asking drives about themselves.
