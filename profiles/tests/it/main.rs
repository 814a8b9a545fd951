//! The bundled profiles and the judge, from outside.

mod conformity;
mod contract;
mod kinds;
mod laws;
mod machine;
mod network;
mod storage;
mod terms;
mod workload;
