// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import OAuth
import OpenSSL

/// The user's token that leg 1 carries.
struct SubjectToken: Sendable {
    let token: Redacted<String>
    let type: TokenType
    /// When it ends; `nil` for a refresh token, which does not say.
    let expiry: NumericDate?
    /// Stands for the token where failures are remembered.
    let digest: SHA256.Digest

    init(token: Redacted<String>, type: TokenType, expiry: NumericDate?) {
        self.token = token
        self.type = type
        self.expiry = expiry
        digest = SHA256.Digest(of: Array(token.exposed.utf8))
    }
}

/// The subject tokens of sessions.
protocol SubjectTokens: Sendable {
    /// The newest token of that kind; `nil` if the session has none.
    func current(_ session: Session, _ type: TokenType) -> SubjectToken?

    /// A token newer than `token`, by the session's refresh token; one that somebody else obtained meanwhile will do.
    ///
    /// - Throws: ``BrokerError``, or `CancellationError`.
    func renew(_ session: Session, replacing token: SubjectToken) async throws -> SubjectToken

    /// Drops what is kept of a session.
    func forget(_ session: SessionIdentity)
}
