// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import OpenSSL

/// Names a request wherever it is recorded, here and at its upstream.
enum CorrelationID {
    /// A new one: 128 random bits, which keep no secret, and so are the system's and not OpenSSL's.
    static func make() -> String {
        let words = [UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max)]
        return Hexadecimal.text(words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } })
    }
}
