//! `assay bmc TARGET… audit`.

use clap::Args;

/// `assay bmc TARGET… audit`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Nothing is changed. What a BMC does not tell is `unknown`, and never sound. HTTPS is offered SSL 3.0 to \
TLS 1.1 without a handshake, IPMI is asked without a credential what it tells anybody. Hosts of one run \
are compared: a key that several show, firmware that differs within a model.
With --try-defaults each well-known credential of the make is tried once, if a user of that name is there \
and enabled; where the BMC does not tell how soon it locks a user, one is tried in all. A refusal counts \
at the BMC and may lock that user: --yes-hosts N is wanted.
Exit: 0 no finding of high or medium severity, 1 there are findings, 3 a host could not be asked, or a \
check of high severity could not be decided
Example: assay bmc --hosts rack.csv audit
Example: assay bmc --hosts rack.csv audit --try-defaults --yes-hosts 8 --output csv")]
pub struct Audit {
    /// Try the well-known credentials of the make, each once
    #[arg(long)]
    pub try_defaults: bool,
}
