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
    /// An array that is stepped over, because its reader has no use for it.
    ///
    /// Of its text nothing is judged but where it ends, and it does not count as a value.
    package var omitted: Member?

    /// A member of any object that is itself the member of a given name.
    package struct Member: Hashable, Sendable {
        /// The name under which the object stands.
        package var object: String
        /// The name of the member in that object.
        package var name: String

        package init(_ name: String, of object: String) {
            self.object = object
            self.name = name
        }
    }

    package init(
        maximumDepth: Int = 128,
        maximumBytes: Int = 32 << 20,
        maximumValues: Int = 2_000_000,
        omitted: Member? = nil
    ) {
        self.maximumDepth = maximumDepth
        self.maximumBytes = maximumBytes
        self.maximumValues = maximumValues
        self.omitted = omitted
    }
}
