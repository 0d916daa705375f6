// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A clock whose type does not matter: how much time has passed, and a way to wait.
struct ServiceTime: Sendable {
    /// Time since this value was made.
    let elapsed: @Sendable () -> Duration
    /// Sleeps until that much has passed since this value was made.
    let sleep: @Sendable (_ until: Duration) async throws -> Void

    init<C: Clock>(_ clock: C) where C.Duration == Duration {
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(until: start.advanced(by: $0), tolerance: nil) }
    }

    /// Runs an operation that is cancelled when its time is over.
    ///
    /// - Throws: ``DeadlinePassed``, or what the operation throws.
    func within<Value: Sendable>(
        _ limit: Duration,
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let end = elapsed() + limit
        return try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                try await sleep(end)
                throw DeadlinePassed()
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }
}

/// An operation took too long and was cancelled.
struct DeadlinePassed: Error {}
