// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Bounds on a YAML text, so that a small file cannot exhaust memory or stack.
package struct YAMLLimits: Hashable, Sendable {
    /// How long the text may be, in bytes of UTF-8.
    package var maximumBytes: Int
    /// How many sequences and mappings may be open at once, aliases followed.
    package var maximumDepth: Int
    /// How many values and keys one document may have once each alias is replaced by what it stands for.
    package var maximumNodes: Int
    /// How many documents the text may hold.
    package var maximumDocuments: Int

    package init(
        maximumBytes: Int = 32 << 20,
        maximumDepth: Int = 128,
        maximumNodes: Int = 1_000_000,
        maximumDocuments: Int = 100_000
    ) {
        self.maximumBytes = maximumBytes
        self.maximumDepth = maximumDepth
        self.maximumNodes = maximumNodes
        self.maximumDocuments = maximumDocuments
    }
}
