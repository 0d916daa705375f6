// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Logging
import NIOConcurrencyHelpers
import Timing

/// Tells a standby at once when the Lease changes, so that a release is not noticed only at the next look.
///
/// A convenience: while it does not work the standby looks every few seconds, and each look is a chance to start again.
final class LeaseWatcher: Sendable {
    private let name: String
    private let inbox: LeaderElectionInbox
    private let problems: LeaderElectionProblems
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let start = NIOLockedValueBox<ResourceVersion?>(nil)
    private let started = Wakeup()

    /// How long a server that refuses watches is left alone.
    private static var pauseAfterRefusal: Duration { .seconds(60) }

    init(
        name: String,
        inbox: LeaderElectionInbox,
        problems: LeaderElectionProblems,
        logger: Logger,
        clock: any Clock<Duration>
    ) {
        self.name = name
        self.inbox = inbox
        self.problems = problems
        self.logger = logger
        self.clock = clock
    }

    /// The Lease was read at this version: a watch that is not running starts here.
    func start(after version: ResourceVersion) {
        guard !version.rawValue.isEmpty else { return }
        start.withLockedValue { $0 = version }
        started.call()
    }

    /// Watches until the task is cancelled.
    func run(_ store: some LeaseStore) async {
        while !Task.isCancelled {
            await started.wait()
            guard let version = start.withLockedValue({ $0 }) else { continue }
            do {
                try await follow(store, after: version)
            } catch {
                await met(error)
            }
            // Looks made while the watch was running are too old to start from.
            start.withLockedValue { $0 = nil }
        }
    }

    private func follow(_ store: some LeaseStore, after version: ResourceVersion) async throws {
        let changes = try await store.changes(after: version)
        problems.solved(.watch)
        for try await change in changes {
            switch change {
            case .applied(.valid(let lease)) where lease.metadata.name == name: inbox.observe(lease)
            case .deleted(let lease) where lease.metadata?.name == name: inbox.observe(nil)
            case .error(let error): throw error
            case .applied, .deleted, .bookmark, .initialEventsEnd, .unknown: continue
            }
        }
    }

    private func met(_ error: any Error) async {
        guard !Task.isCancelled, let error = error as? APIError else { return }
        logger.debug("The watch of the Lease ended", metadata: ["error": "\(error)"])
        guard error.code == .forbidden || error.code == .unauthorized else { return }
        problems.met(error, while: .watch)
        // Ends early only by cancellation, which the caller sees next.
        do { try await clock.sleep(for: Self.pauseAfterRefusal) } catch {}
    }
}
