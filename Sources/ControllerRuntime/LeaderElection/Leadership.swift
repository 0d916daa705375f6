// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// What a leader's work is given: who it is, and whether it still leads.
package struct Leadership: Sendable {
    /// What the Lease names as its holder; empty without an election.
    package let identity: String
    private let isHeld: @Sendable () -> Bool

    /// Makes leadership that somebody else decides about, for tests and for programs without an election.
    package init(identity: String, mayWrite: @escaping @Sendable () -> Bool) {
        self.identity = identity
        isHeld = mayWrite
    }

    /// For a process that is the only one.
    package static let unrivalled = Leadership(identity: "") { true }

    /// Whether a write may be sent now; ask right before each.
    ///
    /// Reads the clock and waits for nothing. It turns false by itself when the last renewal is too long ago, so also in a
    /// process that was paused and has not noticed yet; once false it stays false.
    package var mayWrite: Bool { isHeld() }
}
