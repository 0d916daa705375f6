// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import OAuth
import RouteTable

/// A user's consent at one server, with the tokens that came of it.
struct Grant: Sendable {
    /// Another number for each token that is obtained, so that what belonged to an older one changes nothing.
    var serial: UInt64
    var binding: GrantBinding
    /// Who asked; of a client from a resource the credential may have been rotated since.
    var credential: ClientCredential
    /// What the route says now.
    var mode: RouteAuthentication.AuthorizationCode
    /// What was asked for.
    var scopes: ScopeList
    var token: BrokeredToken
    /// When ``token`` is not given out any more.
    var validUntil: Duration
    /// Whether the server has refused ``token``.
    var isRefused = false
    /// Until when a refusal of ``token`` means that another one would be refused too; it took the place of a refused one.
    var freshUntil: Duration?
    /// The newest; `nil` if the authorization server gives none.
    var refreshToken: Redacted<String>?
    /// Attempts to refresh that brought nothing, in a row.
    var failures = 0
    /// Why the last one did not, or why there is none, and how long that is remembered.
    var failure: (error: BrokerError, until: Duration)?

    /// Obtains the next token.
    func form(_ refreshToken: Redacted<String>) -> TokenForm {
        .refreshToken(refreshToken, resource: binding.resource)
    }
}

/// What a token endpoint gave for a code or a refresh token.
struct GrantedTokens: Sendable {
    var token: BrokeredToken
    /// `nil`: the one before stays good ([RFC 6749 §6](https://www.rfc-editor.org/rfc/rfc6749#section-6)).
    var refreshToken: Redacted<String>?
}
