// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension TokenResponse {
    /// Checks that the answer to a token exchange has what was asked for, and nothing that only looks like it.
    ///
    /// What is no access token must say so by its token type `N_A`
    /// ([RFC 8693 §2.2.1](https://www.rfc-editor.org/rfc/rfc8693#section-2.2.1)): an access token taken for an ID-JAG
    /// would be sent to a server it is not for.
    ///
    /// - Parameters:
    ///   - requested: The type that was asked for.
    ///   - isLenient: Whether the token type may be `Bearer` although the token is no access token, as some servers say.
    /// - Throws: ``TokenEndpointError`` with ``TokenEndpointError/Code/unexpectedToken``.
    package func checkExchange(for requested: TokenType, isLenient: Bool = false) throws(TokenEndpointError) {
        guard let issuedTokenType else { throw .unexpected("no 'issued_token_type'") }
        let opensResources = requested == .accessToken || requested == .jwt
        let isWanted = issuedTokenType == requested || (requested == .accessToken && issuedTokenType == .jwt)
        guard isWanted else { throw .unexpected("an 'issued_token_type' other than the one requested") }
        if hasTokenType("N_A") { return }
        guard hasTokenType("Bearer"), opensResources || isLenient else {
            throw .unexpected("a 'token_type' that does not fit the token requested")
        }
    }
}
