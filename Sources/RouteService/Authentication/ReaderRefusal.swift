// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Why a token does not admit its bearer.
package struct ReaderRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, for status codes and metrics.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// No token, or one that is not valid or not valid any more: 401.
        case invalidToken
        /// A valid token of somebody who may not read routes: 403.
        case notAllowed
        /// Nobody can say at the moment whether the token is valid: 503.
        case unavailable
    }

    /// What is wrong, for status codes and metrics.
    package var code: Code
    /// A full sentence that is sent to the reader and logged; never holds the token.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
