// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

extension Task where Failure == any Error {
    /// The value of a task that is about to end by itself; one that does not is cancelled in the end.
    ///
    /// Awaiting ``value`` alone would leave the run waiting for ever when the code under test is broken. A cancellation of
    /// the caller reaches the task as well.
    ///
    /// - Parameter deadline: How long to wait before the task is cancelled: a bound on failure, never a pass mark.
    /// - Returns: The task's value.
    /// - Throws: What the task throws, for a cancelled one mostly `CancellationError`.
    package func valueInTime(_ deadline: Duration = .seconds(120)) async throws -> Success {
        let watchdog = Task<Void, Never> {
            // A cancelled watchdog has nothing left to do.
            do { try await ContinuousClock().sleep(for: deadline) } catch { return }
            cancel()
        }
        defer { watchdog.cancel() }
        return try await withTaskCancellationHandler {
            try await value
        } onCancel: {
            cancel()
        }
    }
}
