// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Why a token does not let its bearer read routes.
package struct TokenReviewError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What callers tell apart.
    package enum Code: String, Sendable, Hashable {
        /// It is no valid token for this audience; another one may be.
        case invalid
        /// It is valid, and its service account is not on the list.
        case notAllowed = "not_allowed"
        /// Nobody could say: the API server does not answer, or does not answer us.
        case unavailable
    }

    /// What callers decide by.
    package var code: Code
    /// What was found and what to do, without anything of the token.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
