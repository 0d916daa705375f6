// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Why the route stream cannot be served.
package struct RouteServerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// The address cannot be listened on.
        case cannotListen
        /// Without TLS only this machine may connect, and the address is open to others.
        case needsTLS
        /// The certificate or the key cannot be used, or they do not belong together.
        case unusableIdentity
    }

    /// What is wrong.
    package var code: Code
    /// A full sentence that says what to do; never holds a key.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
