// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// A random number generator that concurrent requests take turns with.
struct SharedGenerator: RandomNumberGenerator, Sendable {
    private let generator: NIOLockedValueBox<any RandomNumberGenerator & Sendable>

    init(_ generator: any RandomNumberGenerator & Sendable) { self.generator = NIOLockedValueBox(generator) }

    func next() -> UInt64 { generator.withLockedValue { $0.next() } }
}
