// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import OpenSSL

/// How a failure is remembered, so that the next caller does not run into it at once.
enum FailureMemory: Hashable, Sendable {
    /// The policy said no to a user at a server: for 10 s.
    case denial
    /// The provider refused the subject token with that digest: until there is another one.
    case subject(digest: SHA256.Digest)
    /// The server at that endpoint refused a client's credential: for 30 s, or until there is another one.
    case credential(CredentialID, endpoint: String)
    /// The server at that endpoint is overloaded or out of reach; it may have said for how long.
    case endpoint(String, wait: Duration?)
    /// Anything else that may be the same next time: for 1 s, doubling to 30 s, for that user, server and subject token.
    case attempt(digest: SHA256.Digest, version: String)
    /// Not at all.
    case nothing
}
