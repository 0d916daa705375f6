// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The identifier of an authorization server: a URL without query and fragment
/// ([RFC 8414 section 2](https://www.rfc-editor.org/rfc/rfc8414#section-2)), compared and sent byte for byte.
package struct Issuer: Hashable, Sendable, CustomStringConvertible {
    /// The same, taken apart.
    package let url: AbsoluteURL

    /// Reads an issuer, or says what is wrong with it.
    package init(parsing text: String) throws(URLProblem) {
        let url = try AbsoluteURL(parsing: text)
        guard url.query == nil else {
            throw URLProblem("has a query, and an issuer has none", "Remove the '?' and what follows it.")
        }
        self.url = url
    }

    /// Exactly as it was written.
    package var text: String { url.text }
    package var description: String { text }
}
