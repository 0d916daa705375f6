// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import OAuth
import RouteTable

/// A user who was sent to an authorization server and has not come back yet.
struct PendingConnection: Sendable {
    /// Who was sent, for which server.
    var caller: Caller
    var binding: GrantBinding
    var server: AuthorizationServer
    /// Who redeems the code.
    var credential: ClientCredential
    /// What was asked for.
    var scopes: ScopeList
    /// As in the request, byte for byte.
    var redirectURI: String
    var verifier: CodeVerifier

    /// Of whom the answer must be.
    var expectation: AuthorizationResponse.Expectation {
        AuthorizationResponse.Expectation(issuer: server.issuer, namesItself: server.namesItself)
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
