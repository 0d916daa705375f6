// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// Lets a test wait for what a server's thread saw.
final class Latch<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func signal(_ value: Value) { continuation.yield(value) }

    /// The next value; fails when none comes in a time that no machine needs.
    func wait() async throws -> Value {
        let next = Task { [stream] in
            for await value in stream { return value }
            throw CancellationError()
        }
        return try await next.valueInTime()
    }
}

extension Latch where Value == Void {
    func signal() { signal(()) }
}
