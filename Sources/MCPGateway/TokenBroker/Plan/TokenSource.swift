// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import OAuth

/// What becomes the token of a server: one case for each mode in which the session's own sign-in is enough.
enum TokenSource: Sendable {
    /// The user's ID token itself.
    case forwarding(Forwarding)
    /// What an endpoint gives for it ([RFC 8693](https://www.rfc-editor.org/rfc/rfc8693)), in the form of Dex.
    case exchange(TokenPeer, ExchangedToken)
    /// What the server's authorization server gives for an ID-JAG of the identity provider (SEP-990).
    case assertion(provider: TokenPeer, server: TokenPeer, Assertion)

    /// Whose ID tokens a server may see, and what they must be for.
    struct Forwarding: Hashable, Sendable {
        /// Of whom, and for whom, the token may be: one of these; empty only where everything is trusted.
        var targets: [Target]
        /// All of these must be in the token as well.
        var requiredAudiences: [String]

        /// A provider's tokens that were issued for an audience.
        struct Target: Hashable, Sendable {
            var issuer: String
            var audience: String
        }
    }

    /// What an exchanged token must be.
    struct ExchangedToken: Hashable, Sendable {
        /// Which of its connectors checks the user's token
        /// ([Dex](https://dexidp.io/docs/guides/token-exchange/)).
        var connectorID: String?
        /// Its `iss`, byte for byte.
        var issuer: String
        /// All of these must be in its `aud`.
        var audiences: [String]
    }

    /// How the two legs are spoken.
    struct Assertion: Hashable, Sendable {
        /// Leg 1's `audience`, and the issuer of leg 2's authorization server, byte for byte.
        var audience: String
        /// Whether leg 1 carries the resource.
        var sendsResource: Bool
        /// Whether leg 2 does.
        var authServerSendsResource: Bool
        /// Whether leg 1's `token_type` may be `Bearer`.
        var isLenient: Bool
    }

    /// Whom that leg goes to; `nil` if there is no such leg.
    func peer(_ leg: ExchangeLeg) -> TokenPeer? {
        switch (self, leg) {
        case (.exchange(let peer, _), .tokenExchange), (.assertion(let peer, _, _), .tokenExchange),
            (.assertion(_, let peer, _), .jwtBearer):
            peer
        case (.forwarding, _), (.exchange, .jwtBearer): nil
        }
    }

    /// Everybody who is asked, in order.
    var peers: [TokenPeer] { ExchangeLeg.allCases.compactMap(peer) }

    /// Where each leg goes.
    var legs: [(endpoint: String, leg: ExchangeLeg)] {
        ExchangeLeg.allCases.compactMap { leg in peer(leg).map { ($0.endpoint, leg) } }
    }

    /// Where requests go.
    var endpoints: [String] { legs.map(\.endpoint) }

    /// For whom the token is, in audit records.
    var audience: String? {
        switch self {
        case .forwarding(let forwarding): ScopeList(forwarding.requiredAudiences).text
        case .exchange(_, let expected): ScopeList(expected.audiences).text
        case .assertion(_, _, let assertion): assertion.audience
        }
    }
}
