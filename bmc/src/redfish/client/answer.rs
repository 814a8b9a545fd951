//! What an answer means as an error.

use super::{Inner, RedfishError};
use crate::redfish::ladder::script::{Body, Method, Refusal, Reply, Request};

/// Returns the error that a refusal is.
pub(super) fn refused(inner: &Inner, refusal: Refusal) -> RedfishError {
    let Refusal { what, status, mut said, cut } = refusal;
    if let Some(credential) = &inner.credential {
        said.forget(credential.password.reveal());
    }
    let Some(status) = status else {
        if let Some((sent, of)) = cut {
            return RedfishError::Cut { sent, of };
        }
        return RedfishError::Broken {
            path: what,
            source: std::io::ErrorKind::ConnectionReset.into(),
        };
    };
    let user = inner.credential.as_ref().map(|one| one.user.clone());
    match (status, user) {
        (401 | 403, None) => RedfishError::Anonymous { path: what },
        (403, Some(user)) if said.is("PasswordChangeRequired") => {
            RedfishError::PasswordChange { user }
        }
        (403, Some(user)) => RedfishError::Forbidden { user, said },
        (401, Some(user)) => RedfishError::WrongPassword { user },
        // The request was taken: what came of it was not.
        (202, _) => RedfishError::GaveUp { what, said },
        _ => RedfishError::Refused { what, status, said },
    }
}

/// Returns an answer if it is a resource, and else the error that it is.
pub(super) fn resource(inner: &Inner, path: &str, reply: Reply) -> Result<Reply, RedfishError> {
    let path = || path.to_owned();
    if !reply.is_good() {
        if reply.body == Body::Page && !reply.is(&[401, 403, 404]) {
            return Err(RedfishError::Page { path: path() });
        }
        return Err(refused(inner, Refusal::of(Method::Get, &path(), &reply)));
    }
    match &reply.body {
        Body::Json(_) => Ok(reply),
        Body::Page => Err(RedfishError::Page { path: path() }),
        Body::Broken(why) => Err(RedfishError::NotJson { path: path(), why: why.clone() }),
        Body::TooLarge => Err(RedfishError::TooLarge { path: path() }),
        Body::Empty => Err(RedfishError::NotJson { path: path(), why: "it is empty".to_owned() }),
    }
}

impl Inner {
    /// Reads a resource.
    pub(super) async fn read(
        self: &std::sync::Arc<Self>,
        path: &str,
    ) -> Result<Reply, RedfishError> {
        let reply = self.send(&Request::get(path)).await?;
        resource(self, path, reply)
    }
}
