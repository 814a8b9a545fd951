//! Binary pages written from the standards, for the decoders to read back.
