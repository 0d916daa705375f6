// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Runs `operation` and cancels it when `limit` has passed first.
///
/// Returns only when the operation has ended, so it must answer to cancellation. A `limit` of `nil` is none. The time
/// counts from the call, not from when one of its tasks gets to run.
///
/// - Returns: The operation's result, or `nil` if the limit passed first.
/// - Throws: What the operation throws, unless the limit had passed.
package func withDeadline<Result: Sendable>(
    _ limit: Duration?,
    clock: any Clock<Duration>,
    _ operation: @escaping @Sendable () async throws -> Result
) async throws -> Result? {
    guard let limit else { return try await operation() }
    let time = ElapsedTime(clock)
    return try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await time.sleep(until: limit)
            return nil
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
    }
}
