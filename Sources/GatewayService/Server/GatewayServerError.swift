// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Why clients cannot be served.
package struct GatewayServerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// The address cannot be listened on.
        case cannotListen
        /// The certificate or the key cannot be used, or they do not belong together.
        case unusableIdentity
    }

    /// What is wrong.
    package let code: Code
    /// A full sentence that says what to do; never holds a key.
    package let description: String

    package init(code: Code, description: String) {
        self.code = code
        self.description = description
    }
}
