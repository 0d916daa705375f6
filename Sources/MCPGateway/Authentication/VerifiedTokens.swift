// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import OpenSSL

/// Tokens whose signatures were checked, by their digests, each until it ends.
///
/// Only good tokens are remembered: a bad one costs its sender as much as us.
struct VerifiedTokens: Sendable {
    private var sessions: BoundedTable<SHA256.Digest, Session>

    init(limit: Int) { sessions = BoundedTable(limit: limit) }

    var count: Int { sessions.count }

    static func digest(_ token: String) -> SHA256.Digest { SHA256.Digest(of: Array(token.utf8)) }

    /// The session of a token that was checked before and has not ended.
    mutating func session(_ digest: SHA256.Digest, at now: NumericDate) -> Session? {
        guard let session = sessions.use(digest) else { return nil }
        guard now < session.idTokenExpiry else {
            sessions.remove(digest)
            return nil
        }
        return session
    }

    mutating func remember(_ session: Session, for digest: SHA256.Digest, at now: NumericDate) {
        guard now < session.idTokenExpiry else { return }
        sessions.set(session, for: digest)
    }

    mutating func forget(_ identity: SessionIdentity) {
        sessions.removeAll { $1.identity == identity }
    }
}
