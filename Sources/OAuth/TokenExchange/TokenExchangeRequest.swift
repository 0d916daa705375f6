// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// A request to exchange a token for another:
/// [RFC 8693 §2.1](https://www.rfc-editor.org/rfc/rfc8693#section-2.1).
package struct TokenExchangeRequest: Sendable {
    /// The token of the user.
    package var subjectToken: Redacted<String>
    /// What kind of token that is.
    package var subjectTokenType: TokenType
    /// What is wanted for it.
    package var requestedTokenType: TokenType
    /// For whom it is, byte for byte; for an ID-JAG the issuer of the authorization server that will get it.
    package var audience: String?
    /// Where what it leads to will be used; `nil` for servers that do not know the parameter.
    package var resource: String?
    /// Scopes, separated by spaces.
    package var scope: String?
    /// Parameters of a vendor's own.
    package var additionalParameters: [AdditionalParameter]

    package init(
        subjectToken: Redacted<String>,
        subjectTokenType: TokenType,
        requestedTokenType: TokenType,
        audience: String? = nil,
        resource: String? = nil,
        scope: String? = nil,
        additionalParameters: [AdditionalParameter] = []
    ) {
        self.subjectToken = subjectToken
        self.subjectTokenType = subjectTokenType
        self.requestedTokenType = requestedTokenType
        self.audience = audience
        self.resource = resource
        self.scope = scope
        self.additionalParameters = additionalParameters
    }

    /// The request for an ID-JAG.
    package static func idJAG(
        subjectToken: Redacted<String>,
        subjectTokenType: TokenType,
        audience: String,
        resource: String?,
        scope: String?
    ) -> TokenExchangeRequest {
        TokenExchangeRequest(
            subjectToken: subjectToken,
            subjectTokenType: subjectTokenType,
            requestedTokenType: .idJAG,
            audience: audience,
            resource: resource,
            scope: scope
        )
    }

    /// The parameters in the order in which the ID-JAG draft shows them.
    package var form: TokenForm {
        var form = TokenForm()
        form.add("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")
        form.add("requested_token_type", requestedTokenType.rawValue)
        form.addIfPresent("audience", audience)
        form.addIfPresent("resource", resource)
        form.addIfPresent("scope", scope)
        form.add("subject_token", subjectToken)
        form.add("subject_token_type", subjectTokenType.rawValue)
        for parameter in additionalParameters { form.add(parameter.name, parameter.value) }
        return form
    }
}

/// A parameter that a vendor wants besides, Dex's `connector_id` for example.
package struct AdditionalParameter: Hashable, Sendable {
    /// Never one of a standard.
    package let name: String
    /// Not a secret.
    package let value: String

    private static let reservedNames: Set<String> = [
        "grant_type", "requested_token_type", "audience", "resource", "scope", "subject_token", "subject_token_type",
        "actor_token", "actor_token_type", "client_id", "client_secret", "client_assertion", "client_assertion_type",
        "assertion", "authorization_details",
    ]

    /// Takes a name, or refuses with `nil` one that would give a standard parameter twice.
    package init?(name: String, value: String) {
        guard !name.isEmpty, !Self.reservedNames.contains(name) else { return nil }
        self.name = name
        self.value = value
    }
}
