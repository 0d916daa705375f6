// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import Timing

/// The work of a leader, from its start to its end, however that comes.
struct LeaderWork: Sendable {
    private let stop: Latch
    private let inbox: LeaderElectionInbox
    private let lost = Latch()
    private let ended = Latch()
    private let outcome = NIOLockedValueBox<Result<Void, any Error>>(.success(()))

    /// Ends when `stop` opens, and tells `inbox` of its end.
    init(stop: Latch, inbox: LeaderElectionInbox) {
        self.stop = stop
        self.inbox = inbox
    }

    /// Runs the work until it ends by itself, or until it has ended after being cancelled.
    func run(_ body: @escaping @Sendable () async throws -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await body()
                } catch is CancellationError {
                    // What it was asked for.
                } catch {
                    outcome.withLockedValue { $0 = .failure(error) }
                }
            }
            group.addTask { await stop.wait() }
            group.addTask { await lost.wait() }
            await group.next()
            group.cancelAll()
        }
        ended.open()
        inbox.endWork()
    }

    /// Asks the work to end.
    func cancel() { lost.open() }

    func waitForEnd() async { await ended.wait() }

    /// - Throws: What the work threw, if not because it was cancelled.
    func result() throws { try outcome.withLockedValue { $0 }.get() }
}
