// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

extension TokenForm {
    /// The code of a sign-in, with the proof that it is ours:
    /// [RFC 6749 §4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3) and
    /// [RFC 7636 §4.5](https://www.rfc-editor.org/rfc/rfc7636#section-4.5).
    package static func authorizationCode(
        _ code: Redacted<String>,
        redirectURI: String,
        codeVerifier: Redacted<String>
    ) -> TokenForm {
        var form = TokenForm()
        form.add("grant_type", "authorization_code")
        form.add("code", code)
        form.add("redirect_uri", redirectURI)
        form.add("code_verifier", codeVerifier)
        return form
    }

    /// A refresh token, for new tokens of the same sign-in:
    /// [RFC 6749 §6](https://www.rfc-editor.org/rfc/rfc6749#section-6).
    package static func refreshToken(_ token: Redacted<String>, scope: String? = nil) -> TokenForm {
        var form = TokenForm()
        form.add("grant_type", "refresh_token")
        form.add("refresh_token", token)
        form.addIfPresent("scope", scope)
        return form
    }
}
