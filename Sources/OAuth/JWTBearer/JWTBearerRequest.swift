// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// A request for an access token by an assertion about the user:
/// [RFC 7523 §2.1](https://www.rfc-editor.org/rfc/rfc7523#section-2.1).
///
/// It is made of an assertion that is gone afterwards, because an ID-JAG is used once.
package struct JWTBearerRequest: Sendable {
    /// The ID-JAG.
    package var assertion: Redacted<String>
    /// Exactly what the ID-JAG was granted, or nothing: a server may refuse less and must refuse more.
    package var scope: String?
    /// Where the access token will be used, as in the ID-JAG; `nil` for servers that do not know the parameter.
    package var resource: String?

    package init(assertion: Redacted<String>, scope: String? = nil, resource: String? = nil) {
        self.assertion = assertion
        self.scope = scope
        self.resource = resource
    }

    /// The parameters in the order in which the ID-JAG draft shows them.
    package var form: TokenForm {
        var form = TokenForm()
        form.add("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
        form.add("assertion", assertion)
        form.addIfPresent("scope", scope)
        form.addIfPresent("resource", resource)
        return form
    }
}
