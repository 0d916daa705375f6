// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Why the enterprise cannot be served.
package struct DemoServiceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// The address is open to other machines, or is none.
        case notLoopback
        /// There are not as many ports as are needed.
        case badPort
        /// An address cannot be listened on.
        case cannotListen
    }

    /// What is wrong.
    package var code: Code
    /// A full sentence that says what to do.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
