// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Why a route stream cannot be read any further.
package struct RouteStreamError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong, for metrics and decisions.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// An event came where none of its kind can come.
        case unexpectedEvent
        /// A table ended with fewer or more routes than were announced.
        case incomplete
        /// A line is not an event.
        case malformed
        /// The server refused the reader.
        case refused
        /// Nothing came for too long.
        case silent
        /// The connection could not be made, or broke.
        case disconnected
    }

    /// What went wrong, for metrics and decisions.
    package var code: Code
    /// A full sentence; never holds a credential.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
