//! Benchmarks stand under `benches/`; this package has no code of its own.
