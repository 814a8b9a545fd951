//! Simulated IPMI answers as the specification has it.
