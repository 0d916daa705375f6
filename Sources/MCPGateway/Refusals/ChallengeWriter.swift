// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Writes the value of `WWW-Authenticate` ([RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750#section-3)) with the
/// `resource_metadata` of [RFC 9728 §5.1](https://www.rfc-editor.org/rfc/rfc9728#section-5.1).
package struct ChallengeWriter: Hashable, Sendable {
    /// Where clients learn how to sign in.
    let resourceMetadata: String
    /// What to ask the identity provider for.
    let scope: String

    /// - Parameters:
    ///   - error: A word of RFC 6750 or RFC 9470; `nil` for a request that brought nothing.
    ///   - description: A sentence about it.
    ///   - maximumAge: How old the sign-in may be ([RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470#section-3)).
    ///   - authenticationContexts: What the sign-in must amount to.
    /// - Returns: The field's value.
    func text(
        error: String?,
        _ description: String?,
        maximumAge: Duration? = nil,
        authenticationContexts: [String] = []
    ) -> String {
        var parameters: [(String, String)] = []
        if let error { parameters.append(("error", error)) }
        if let description { parameters.append(("error_description", description)) }
        if !authenticationContexts.isEmpty {
            parameters.append(("acr_values", authenticationContexts.joined(separator: " ")))
        }
        if let maximumAge { parameters.append(("max_age", String(maximumAge.components.seconds))) }
        parameters.append(("resource_metadata", resourceMetadata))
        parameters.append(("scope", scope))
        return "Bearer " + parameters.map { "\($0.0)=\"\(Self.quotable($0.1))\"" }.joined(separator: ", ")
    }

    /// What may stand between quotation marks without an escape.
    private static func quotable(_ text: String) -> String {
        String(text.unicodeScalars.filter { (0x20...0x7E).contains($0.value) && $0 != "\"" && $0 != "\\" })
    }
}
