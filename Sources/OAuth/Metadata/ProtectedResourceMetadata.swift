// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// What a protected resource says about itself: [RFC 9728 §2](https://www.rfc-editor.org/rfc/rfc9728#section-2).
package struct ProtectedResourceMetadata: Hashable, Sendable, JSONDecodable {
    /// The resource's identifier.
    package var resource: String
    /// Issuers whose tokens it accepts, in its own order; a claim to be checked against configuration.
    package var authorizationServers: [String]
    /// Scopes that it lists; `nil` if it lists none.
    package var scopes: [String]?
    /// Where tokens may be put; `nil` is the header.
    package var bearerMethods: [String]?

    package init(json: JSONValue) throws(JSONDecodingError) {
        resource = try json.required("resource")
        authorizationServers = try json.optional("authorization_servers") ?? []
        scopes = try json.optional("scopes_supported")
        bearerMethods = try json.optional("bearer_methods_supported")
    }
}
