// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import OAuth
import RouteTable

/// A user who was sent to an authorization server and has not come back yet.
struct PendingConnection: Sendable {
    /// Who was sent, for which server.
    var caller: Caller
    var binding: GrantBinding
    var server: AuthorizationServer
    /// Who asked; of a client from a resource the credential may have been rotated since.
    var credential: ClientCredential
    /// What the route says now.
    var mode: RouteAuthentication.AuthorizationCode
    /// What was asked for.
    var scopes: ScopeList
    /// As in the request, byte for byte.
    var redirectURI: String
    var verifier: CodeVerifier

    /// Of whom the answer must be.
    var expectation: AuthorizationResponse.Expectation {
        AuthorizationResponse.Expectation(issuer: server.issuer, namesItself: server.namesItself)
    }

    /// Whether a route still has users sent where this one was: elsewhere the code is good for nothing.
    func fits(_ route: Route) -> Bool {
        guard binding.fits(route), case .authorizationCode(let now) = route.authentication else { return false }
        return Self.areSame(now.authorizationEndpoint, mode.authorizationEndpoint)
            && Self.areSame(now.tokenEndpoint, mode.tokenEndpoint)
    }

    private static func areSame(_ left: String?, _ right: String?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.hasSameBytes(as: right)
    }

    /// Redeems a code.
    func form(_ code: Redacted<String>) -> TokenForm {
        .authorizationCode(
            code,
            redirectURI: redirectURI,
            codeVerifier: verifier.text,
            resource: binding.resource
        )
    }
}
