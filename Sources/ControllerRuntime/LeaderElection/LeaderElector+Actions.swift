// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import NIOConcurrencyHelpers
import Timing

extension LeaderElector {
    /// Does one thing and says what comes next.
    ///
    /// A standby has a `watcher`, and drops a look, but never a write, when it is told to stop: a write that was
    /// carried out must not go unnoticed.
    func perform(
        _ action: LeaderElectionAction,
        _ store: some LeaseStore,
        _ state: inout LeaderElectionState,
        _ watcher: LeaseWatcher?
    ) async -> LeaderElectionAction {
        let slowPaths = state.slowPaths
        defer { metrics?.tookSlowPath(state.slowPaths - slowPaths) }
        let duration = timing.leaseDuration
        switch action {
        case .read: return await read(store, &state, watcher)
        case .create:
            return await write(Lease(key, holder: identity, for: duration, at: now()), store, &state, .create)
        case .claim(let lease):
            return await write(lease.claimed(by: identity, for: duration, at: now()), store, &state, .update)
        case .renew(let lease): return await write(lease.renewed(for: duration, at: now()), store, &state, .update)
        case .release(let lease): return await write(lease.released(at: now()), store, &state, .update)
        case .wait(let until):
            await wait(until: until)
            if watcher == nil, inbox.hasWorkEnded { return state.workEnded(at: time.now) }
            if watcher != nil, let seen = inbox.takeObservation() {
                return state.observed(seen.lease, at: time.now)
            }
            return state.elapsed(at: time.now)
        case .end: return action
        }
    }

    private func wait(until: Duration) async {
        idleUntil.withLockedValue { $0 = until }
        await inbox.wait(atMost: max(until - time.now, .zero), time)
        idleUntil.withLockedValue { $0 = nil }
    }

    private func read(
        _ store: some LeaseStore,
        _ state: inout LeaderElectionState,
        _ watcher: LeaseWatcher?
    ) async -> LeaderElectionAction {
        let sentAt = time.now
        do {
            let lease = try await limited(.read, to: state.patience(at: sentAt), isStoppable: watcher != nil) {
                try await store.read()
            }
            problemList.solved(.read)
            if let lease { watcher?.start(after: lease.metadata.resourceVersion) }
            return state.found(lease, at: time.now)
        } catch {
            return failed(error, while: .read, sentAt, &state)
        }
    }

    private func write(
        _ lease: Lease,
        _ store: some LeaseStore,
        _ state: inout LeaderElectionState,
        _ activity: LeaderElectionProblems.Activity
    ) async -> LeaderElectionAction {
        let sentAt = time.now
        do {
            let written = try await limited(activity, to: state.patience(at: sentAt), isStoppable: false) {
                try await store.write(lease)
            }
            problemList.solved(activity)
            return state.written(written, sentAt: sentAt, at: time.now)
        } catch {
            return failed(error, while: activity, sentAt, &state)
        }
    }

    private func failed(
        _ error: any Error,
        while activity: LeaderElectionProblems.Activity,
        _ sentAt: Duration,
        _ state: inout LeaderElectionState
    ) -> LeaderElectionAction {
        let known = error as? APIError ?? APIError(.transport, "Could not reach the API server: \(error).")
        if !inbox.isStopRequested { problemList.met(known, while: activity) }
        return state.failed(known, sentAt: sentAt, at: time.now)
    }

    /// Gives up a request when its time is over, or at a stop if it may be dropped.
    private func limited<Answer: Sendable>(
        _ activity: LeaderElectionProblems.Activity,
        to limit: Duration,
        isStoppable: Bool,
        _ request: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask { try await request() }
            group.addTask { [time] in
                try await time.clock.sleep(for: limit)
                return nil
            }
            if isStoppable {
                group.addTask { [stop] in
                    await stop.wait()
                    return nil
                }
            }
            defer { group.cancelAll() }
            if let answer = try await group.next() ?? nil { return answer }
            throw APIError(
                .transport,
                "Could not \(activity.rawValue) the Lease '\(key)' within \(limit). Check the API server and the network.",
                mayHaveBeenApplied: !isStoppable,
                transport: "timed_out"
            )
        }
    }
}
