// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

extension TokenForm {
    /// The code of a sign-in, with the proof that it is ours:
    /// [RFC 6749 §4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3) and
    /// [RFC 7636 §4.5](https://www.rfc-editor.org/rfc/rfc7636#section-4.5).
    ///
    /// - Parameters:
    ///   - code: Used up by this, whatever comes of it.
    ///   - redirectURI: As in the authorization request.
    ///   - codeVerifier: Whose challenge was in it.
    ///   - resource: As in it ([RFC 8707 §2.2](https://www.rfc-editor.org/rfc/rfc8707#section-2.2)).
    /// - Returns: The form, without the client's proof.
    package static func authorizationCode(
        _ code: Redacted<String>,
        redirectURI: String,
        codeVerifier: Redacted<String>,
        resource: String? = nil
    ) -> TokenForm {
        var form = TokenForm()
        form.add("grant_type", "authorization_code")
        form.add("code", code)
        form.add("redirect_uri", redirectURI)
        form.add("code_verifier", codeVerifier)
        form.addIfPresent("resource", resource)
        return form
    }

    /// A refresh token, for new tokens of the same sign-in:
    /// [RFC 6749 §6](https://www.rfc-editor.org/rfc/rfc6749#section-6).
    ///
    /// - Parameters:
    ///   - token: A server that rotates it uses it up.
    ///   - scope: Less than was granted; `nil` for all of that.
    ///   - resource: Where the access token will be used.
    /// - Returns: The form, without the client's proof.
    package static func refreshToken(
        _ token: Redacted<String>,
        scope: String? = nil,
        resource: String? = nil
    ) -> TokenForm {
        var form = TokenForm()
        form.add("grant_type", "refresh_token")
        form.add("refresh_token", token)
        form.addIfPresent("scope", scope)
        form.addIfPresent("resource", resource)
        return form
    }
}
