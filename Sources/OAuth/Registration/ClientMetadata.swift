// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
package import JSON

/// What a client says about itself: [RFC 7591 §2](https://www.rfc-editor.org/rfc/rfc7591#section-2).
///
/// The same in a document that the client serves and in a request to be registered.
package struct ClientMetadata: Hashable, Sendable {
    /// Shown to users who are asked for their consent.
    package var name: String
    /// Where browsers may be sent back to, compared byte for byte.
    package var redirectURIs: [String]

    package init(name: String, redirectURIs: [String]) {
        self.name = name
        self.redirectURIs = redirectURIs
    }

    /// The document at a URL that is the client's id.
    ///
    /// It is public, so the client has no secret
    /// ([Client ID Metadata Documents §4.1](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document#section-4.1)).
    ///
    /// - Parameter url: Where it is served, byte for byte.
    /// - Returns: The document.
    package func document(at url: String) -> JSONValue {
        var members: JSONObject = ["client_id": .string(url)]
        for (name, value) in common { members[name] = value }
        members["token_endpoint_auth_method"] = .string(ClientAuthentication.none.name)
        return .object(members)
    }

    /// The body of a request to be registered ([RFC 7591 §3.1](https://www.rfc-editor.org/rfc/rfc7591#section-3.1)).
    ///
    /// - Parameter method: How the client wants to prove itself; the server may say another one.
    /// - Returns: The body.
    package func registration(method: String) -> JSONValue {
        var members = common
        members["token_endpoint_auth_method"] = .string(method)
        members["application_type"] = .string(isNative ? "native" : "web")
        return .object(members)
    }

    private var common: JSONObject {
        [
            "client_name": .string(name), "redirect_uris": .array(redirectURIs.map(JSONValue.string)),
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        ]
    }

    /// Whether it is a program on the user's own machine: only such may be sent back to over `http`, and only there
    /// ([OpenID Connect Registration §2](https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata)).
    private var isNative: Bool {
        redirectURIs.allSatisfy { uri in
            do { return try HTTPURL(uri).isLoopback } catch {
                // What is no URL is on no machine.
                return false
            }
        }
    }
}
