// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// Bounds on a token, which anybody may send.
package struct JWSLimits: Hashable, Sendable {
    /// The length of the whole token in bytes.
    package var maximumBytes: Int
    /// The length of the header in bytes, decoded.
    package var maximumHeaderBytes: Int
    /// How deep values may be nested, in header and payload.
    package var maximumDepth: Int
    /// How many values header and payload may each hold.
    package var maximumValues: Int
    /// The length of a key ID in bytes.
    package var maximumKeyIDBytes: Int

    package init(
        maximumBytes: Int = 16 << 10,
        maximumHeaderBytes: Int = 4 << 10,
        maximumDepth: Int = 16,
        maximumValues: Int = 2_000,
        maximumKeyIDBytes: Int = 512
    ) {
        self.maximumBytes = maximumBytes
        self.maximumHeaderBytes = maximumHeaderBytes
        self.maximumDepth = maximumDepth
        self.maximumValues = maximumValues
        self.maximumKeyIDBytes = maximumKeyIDBytes
    }

    var json: JSONLimits {
        JSONLimits(maximumDepth: maximumDepth, maximumBytes: maximumBytes, maximumValues: maximumValues)
    }
}
