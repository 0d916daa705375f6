// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Bounds on a JSON text, so that a peer cannot make its reader exhaust stack or memory.
package struct JSONLimits: Hashable, Sendable {
    /// How many arrays and objects may be open at once.
    package var maximumDepth: Int
    /// How long the text may be.
    package var maximumBytes: Int
    /// How many values, counting every element and member, the text may hold.
    ///
    /// It bounds memory, as a two-byte element takes 24 bytes once parsed.
    package var maximumValues: Int

    package init(maximumDepth: Int = 128, maximumBytes: Int = 32 << 20, maximumValues: Int = 2_000_000) {
        self.maximumDepth = maximumDepth
        self.maximumBytes = maximumBytes
        self.maximumValues = maximumValues
    }
}
