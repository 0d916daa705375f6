// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE
package import OAuth
package import RouteTable

/// What happened to one request: for every leg that was sent, and for every refusal without one.
///
/// It says who and what by names and digests. No token, assertion or secret is in it, and what a peer said has none
/// either.
package struct AuditRecord: Hashable, Sendable {
    /// How it ended.
    package enum Outcome: String, Hashable, Sendable, CaseIterable {
        /// A token came.
        case granted
        /// The answer was no, and asking again the same way would not help.
        case refused
        /// There was no usable answer.
        case failed
    }

    /// When it ended.
    package var time: NumericDate
    /// Ties it to the request it was for, and to the other leg.
    package var correlationID: String
    /// Which MCP server; `nil` for a request that was about none.
    package var server: RouteKey?
    /// The user's provider; `nil`, like the next two, for a caller who was not let in.
    package var issuer: String?
    /// The user, as the first 16 hexadecimal digits of a SHA-256.
    package var userDigest: String?
    /// The sign-in session, likewise.
    package var sessionDigest: String?
    /// Which exchange; `nil` if nothing was sent.
    package var leg: ExchangeLeg?
    /// Which request, where users consent by themselves; `nil` for an exchange, and if nothing was sent.
    package var step: ConnectionStep?
    /// The client that asked.
    package var clientID: String?
    /// Where it was sent; never with a query.
    package var endpoint: String?
    /// The authorization server that the ID-JAG is for, or at which the user consented.
    package var audience: String?
    /// What the access token is for.
    package var resource: String?
    /// What was asked for.
    package var requestedScopes: String?
    /// What was granted, where that was said.
    package var grantedScopes: String?
    /// The token that came, as a digest.
    package var tokenDigest: String?
    /// How it ended.
    package var outcome: Outcome
    /// What the caller is told, if this ended the request.
    package var reason: Refusal.Reason?
    /// What went wrong, as a word from a closed set.
    package var errorType: String?
    /// What went wrong, in the peer's words where it had some.
    package var detail: String?
    /// How long the leg took; zero if nothing was sent.
    package var duration: Duration = .zero
}

/// Keeps audit records.
package protocol AuditSink: Sendable {
    /// Takes a record; must not block, and is called in the order in which things ended.
    func record(_ record: AuditRecord)
}
