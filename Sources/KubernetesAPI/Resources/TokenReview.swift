// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
package import JSON

/// What the API server says about a token, as `authentication.k8s.io/v1` `TokenReview`.
///
/// Asked for and never stored: it has no name, and the token that was asked about is not kept.
package struct TokenReview: KubernetesResource, Hashable {
    package static var resourceType: ResourceType {
        ResourceType(
            group: "authentication.k8s.io",
            version: "v1",
            kind: "TokenReview",
            plural: "tokenreviews",
            isNamespaced: false
        )
    }

    package var metadata: ObjectMeta
    /// Whether the token is good for at least one of the audiences asked for.
    package var isAuthenticated: Bool
    /// For a service account `system:serviceaccount:<namespace>:<name>`; empty for a refused token.
    package var username: String
    /// What else the authenticator knows about the user, such as the pod a token was made for.
    package var extra: [String: [String]]
    /// Those of the audiences asked for that the token has.
    ///
    /// Empty when the authenticator does not look at audiences, and then the token is for none of them.
    package var audiences: [String]
    /// Why the token could not be checked, in the server's words.
    package var error: String

    package init(
        isAuthenticated: Bool,
        username: String = "",
        extra: [String: [String]] = [:],
        audiences: [String] = [],
        error: String = ""
    ) {
        metadata = ObjectMeta(name: "")
        self.isAuthenticated = isAuthenticated
        self.username = username
        self.extra = extra
        self.audiences = audiences
        self.error = error
    }

    package init(json: JSONValue) throws(JSONDecodingError) {
        let status: JSONValue? = try json.optional("status")
        let user: JSONValue? = try status?.optional("user")
        self.init(
            isAuthenticated: try status?.optional("authenticated") ?? false,
            username: try user?.optional("username") ?? "",
            extra: try user?.optional("extra") ?? [:],
            audiences: try status?.optional("audiences") ?? [],
            error: try status?.optional("error") ?? ""
        )
    }
}

extension APIRequest {
    /// Asks whether a token is good for an audience.
    ///
    /// Creates nothing, whatever its method says, so that it may be sent again.
    package static func reviewToken(_ token: Redacted<String>, audience: String) throws(APIError) -> APIRequest {
        let type = TokenReview.resourceType
        let body: JSONValue = [
            "apiVersion": .string(type.apiVersion), "kind": .string(type.kind),
            "spec": ["token": .string(token.exposed), "audiences": [.string(audience)]],
        ]
        var request = try create(body, of: type, namespace: "")
        request.repetition = .harmless
        return request
    }
}
