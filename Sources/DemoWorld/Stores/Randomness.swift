// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import NIOConcurrencyHelpers

/// A source of random numbers that many requests share.
final class Randomness: Sendable {
    private let generator: NIOLockedValueBox<any RandomNumberGenerator & Sendable>

    init(_ generator: any RandomNumberGenerator & Sendable) { self.generator = NIOLockedValueBox(generator) }

    /// A token that was never made before.
    func token() -> Redacted<String> { generator.withLockedValue { OpaqueToken.make(using: &$0) } }

    /// An identifier that was never made before, and is no secret.
    func identifier() -> String { String(token().exposed.prefix(22)) }
}
