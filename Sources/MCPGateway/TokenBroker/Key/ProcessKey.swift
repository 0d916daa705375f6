// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON

/// A random key that lives as long as the process and never leaves it.
struct ProcessKey: Sendable {
    let bytes: Redacted<[UInt8]>

    /// - Parameter random: Makes that many bytes that nobody can foretell.
    init(random: (_ count: Int) throws -> [UInt8]) rethrows { bytes = Redacted(try random(32)) }
}
