// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
package import JSON

/// What a browser is sent to an authorization server with:
/// [RFC 6749 §4.1.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1),
/// [RFC 7636 §4.3](https://www.rfc-editor.org/rfc/rfc7636#section-4.3) and
/// [RFC 8707 §2](https://www.rfc-editor.org/rfc/rfc8707#section-2).
package struct AuthorizationRequest: Sendable {
    /// From the server's metadata; it may have a query of its own.
    package var endpoint: String
    /// Who asks, by the name the server knows.
    package var clientID: String
    /// Where the browser is sent back to.
    package var redirectURI: String
    /// Scopes, separated by spaces; `nil` leaves them to the server.
    package var scope: String?
    /// What the answer must bring along; it says nothing about anybody.
    package var state: Redacted<String>
    /// Of the verifier, by the method S256.
    package var codeChallenge: String
    /// Where the access token will be used.
    package var resource: String

    package init(
        endpoint: String,
        clientID: String,
        redirectURI: String,
        scope: String?,
        state: Redacted<String>,
        codeChallenge: String,
        resource: String
    ) {
        self.endpoint = endpoint
        self.clientID = clientID
        self.redirectURI = redirectURI
        self.scope = scope
        self.state = state
        self.codeChallenge = codeChallenge
        self.resource = resource
    }

    /// The URL for the browser, which holds the state and so is no text for a log.
    ///
    /// A query of the endpoint stays, unless it says what only the request may say
    /// ([RFC 6749 §3.1](https://www.rfc-editor.org/rfc/rfc6749#section-3.1)).
    ///
    /// - Throws: ``AuthorizationError`` with ``AuthorizationError/Code/unusableEndpoint``.
    package func url() throws(AuthorizationError) -> Redacted<String> {
        let target: HTTPURL
        do { target = try HTTPURL(endpoint) } catch { throw .unusableEndpoint("it is no URL") }
        guard !endpoint.utf8.contains(UInt8(ascii: "#")) else { throw .unusableEndpoint("it has a fragment") }
        var parameters = [("response_type", "code"), ("client_id", clientID), ("redirect_uri", redirectURI)]
        if let scope, !scope.isEmpty { parameters.append(("scope", scope)) }
        parameters += [
            ("state", state.exposed), ("code_challenge", codeChallenge), ("code_challenge_method", "S256"),
            ("resource", resource),
        ]
        let own = Set(Self.names(in: target.query ?? ""))
        if let name = parameters.map(\.0).first(where: own.contains) {
            throw .unusableEndpoint("its query has '\(name)' already")
        }
        let added = parameters.map { "\($0.0)=\(Self.encoded($0.1))" }.joined(separator: "&")
        let kept = target.query.flatMap { $0.isEmpty ? nil : $0 + "&" } ?? ""
        return Redacted("\(target.withoutQuery)?\(kept)\(added)")
    }

    private static func names(in query: String) -> [String] {
        query.split(separator: "&").map { pair in
            let name = pair.prefix { $0 != "=" }
            return FormEncoding.decode(Array(name.utf8)) ?? String(name)
        }
    }

    /// A space as `%20`, which readers of forms and readers of URLs take alike.
    private static func encoded(_ text: String) -> String { FormEncoding.encode(text).replacing("+", with: "%20") }
}
