// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// What an authorization server or an OpenID provider says about itself:
/// [RFC 8414 §2](https://www.rfc-editor.org/rfc/rfc8414#section-2) and
/// [OpenID Connect Discovery §3](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata).
///
/// Lists are `nil` when the server does not say, which means the standard's default and never that nothing is supported.
package struct AuthorizationServerMetadata: Hashable, Sendable, JSONDecodable {
    /// Equal, byte for byte, to the issuer that was asked.
    package var issuer: String
    /// Where users sign in.
    package var authorizationEndpoint: String?
    /// Where grants become tokens.
    package var tokenEndpoint: String?
    /// Where its keys are.
    package var jwksURI: String?
    /// Where clients register themselves.
    package var registrationEndpoint: String?
    /// Where tokens are given back.
    package var revocationEndpoint: String?
    /// Where users sign out.
    package var endSessionEndpoint: String?
    /// Grants, by their URNs.
    package var grantTypes: [String]?
    /// Scopes that it lists; there may be more.
    package var scopes: [String]?
    /// How clients may authenticate at the token endpoint.
    package var tokenEndpointAuthMethods: [String]?
    /// What client assertions may be signed with.
    package var tokenEndpointAuthSigningAlgorithms: [String]?
    /// How codes are bound to their requests.
    package var codeChallengeMethods: [String]?
    /// What it signs ID tokens with.
    package var idTokenSigningAlgorithms: [String]?
    /// What it issues for other authorization servers.
    package var requestedTokenTypes: [String]?
    /// Profiles of grants that it accepts.
    package var grantProfiles: [String]?
    /// Whether its answers to sign-ins name it ([RFC 9207 §3](https://www.rfc-editor.org/rfc/rfc9207#section-3)).
    package var namesItselfInResponses: Bool
    /// Whether a client's id may be the URL of its metadata.
    package var acceptsClientMetadataURLs: Bool

    package init(json: JSONValue) throws(JSONDecodingError) {
        issuer = try json.required("issuer")
        authorizationEndpoint = try json.optional("authorization_endpoint")
        tokenEndpoint = try json.optional("token_endpoint")
        jwksURI = try json.optional("jwks_uri")
        registrationEndpoint = try json.optional("registration_endpoint")
        revocationEndpoint = try json.optional("revocation_endpoint")
        endSessionEndpoint = try json.optional("end_session_endpoint")
        grantTypes = try json.optional("grant_types_supported")
        scopes = try json.optional("scopes_supported")
        tokenEndpointAuthMethods = try json.optional("token_endpoint_auth_methods_supported")
        tokenEndpointAuthSigningAlgorithms = try json.optional("token_endpoint_auth_signing_alg_values_supported")
        codeChallengeMethods = try json.optional("code_challenge_methods_supported")
        idTokenSigningAlgorithms = try json.optional("id_token_signing_alg_values_supported")
        requestedTokenTypes = try json.optional("identity_chaining_requested_token_types_supported")
        grantProfiles = try json.optional("authorization_grant_profiles_supported")
        namesItselfInResponses = try json.optional("authorization_response_iss_parameter_supported") ?? false
        acceptsClientMetadataURLs = try json.optional("client_id_metadata_document_supported") ?? false
    }

    /// The endpoints, under the names they have in the document.
    var endpoints: [(name: String, url: String?)] {
        [
            ("authorization_endpoint", authorizationEndpoint), ("token_endpoint", tokenEndpoint),
            ("jwks_uri", jwksURI), ("registration_endpoint", registrationEndpoint),
            ("revocation_endpoint", revocationEndpoint), ("end_session_endpoint", endSessionEndpoint),
        ]
    }

    /// Whether it says that it accepts ID-JAGs; many servers do and do not say so.
    package var advertisesIDJAGGrant: Bool {
        grantProfiles?.contains("urn:ietf:params:oauth:grant-profile:id-jag") ?? false
    }

    /// Whether it says that it issues ID-JAGs; many providers do and do not say so.
    package var advertisesIDJAGIssuance: Bool { requestedTokenTypes?.contains(TokenType.idJAG.rawValue) ?? false }
}
