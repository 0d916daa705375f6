// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI
package import Logging
package import Metrics
import NIOConcurrencyHelpers
import Timing

/// Lets one of several replicas work at a time, by a Lease that the others leave alone while it is renewed.
///
/// Its rules are ``LeaderElectionState``; this type carries them out. A Lease keeps nobody from writing: what the leader
/// writes must fail or do no harm when it is late, and ``Leadership/mayWrite`` is asked before each write.
package final class LeaderElector: Sendable {
    /// What the Lease names while this replica leads.
    package let identity: String
    let store: any LeaseStore
    let key: ObjectKey
    let timing: LeaderElectionTiming
    let inbox = LeaderElectionInbox()
    let problemList: LeaderElectionProblems
    let stop = Latch()
    let hold: LeadershipHold
    let metrics: LeaderElectionMetrics?
    let logger: Logger
    let time: ElapsedTime
    let now: @Sendable () -> MicroTime
    private let generator: any RandomNumberGenerator & Sendable
    private let workOutlivedLeadership: @Sendable () -> Void
    /// Until when the elector has nothing to do; `nil` while it is doing something.
    let idleUntil = NIOLockedValueBox<Duration?>(nil)

    /// Makes an elector that takes no part before it runs.
    ///
    /// `key` is that of the Lease in `store`, and `identity` must be this process's alone; see
    /// ``identity(podName:using:)``. `now` is the time of day, which the record shows and nothing decides by. Work that
    /// has not ended when another replica may lead cannot be allowed to go on: `workOutlivedLeadership` is called then,
    /// and should end the process on the spot.
    package init(
        _ store: any LeaseStore,
        key: ObjectKey,
        identity: String,
        timing: LeaderElectionTiming = .standard,
        metrics: (any MetricsFactory)? = nil,
        logger: Logger,
        clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> MicroTime,
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
        workOutlivedLeadership: @escaping @Sendable () -> Void
    ) {
        var logger = logger
        logger[metadataKey: "lease"] = "\(key)"
        logger[metadataKey: "identity"] = "\(identity)"
        self.store = store
        self.key = key
        self.identity = identity
        self.timing = timing
        self.metrics = metrics.map { LeaderElectionMetrics(name: key.name, factory: $0) }
        self.logger = logger
        self.now = now
        self.generator = generator
        self.workOutlivedLeadership = workOutlivedLeadership
        time = ElapsedTime(clock)
        hold = LeadershipHold(time: time)
        problemList = LeaderElectionProblems(key: key, logger: logger)
    }

    /// The name of a pod with something random behind it, so that a pod's next container is somebody else.
    package static func identity(podName: String, using generator: inout some RandomNumberGenerator) -> String {
        let random = UInt64.random(in: .min ... .max, using: &generator)
        let digits = String(random, radix: 16)
        return "\(podName)_\(String(repeating: "0", count: 16 - digits.count))\(digits)"
    }

    /// What keeps this replica from taking part, each as a sentence with what to do; empty if nothing does.
    ///
    /// A standby whose leader is well has none.
    package var problems: [String] { problemList.all }

    /// Whether this replica leads now.
    package var isLeader: Bool { hold.isHeld }

    /// Waits to become the leader, then runs `leaderWork` until it ends, the task is cancelled or leadership is lost.
    ///
    /// `leaderWork` is cancelled when the task is, and renewed until it has ended; only then is the Lease released, so
    /// it must answer to cancellation, and nothing it started may go on after it. To be run once.
    ///
    /// - Throws: ``LeadershipLostError`` when this replica led and no longer does, after `leaderWork` has ended; else
    ///   what `leaderWork` throws. Cancellation alone throws nothing.
    package func run(_ leaderWork: @escaping @Sendable (Leadership) async throws -> Void) async throws {
        // Not a child of this task: cancelling this one must leave the leader's work the time to end before the Lease
        // is released. It is awaited right here, on every path.
        let election = Task { try await self.elect(self.store, leaderWork) }
        try await withTaskCancellationHandler {
            try await election.value
        } onCancel: {
            stop.open()
            inbox.requestStop()
        }
    }

    private func elect(
        _ store: some LeaseStore,
        _ leaderWork: @escaping @Sendable (Leadership) async throws -> Void
    ) async throws {
        var state = LeaderElectionState(identity: identity, timing: timing, generator: generator)
        let action = await standBy(store, &state)
        if case .end = action { return }
        try await lead(store, &state, action, leaderWork)
    }

    // MARK: Standing by

    /// Goes on until this replica leads or is told to stop.
    private func standBy(_ store: some LeaseStore, _ state: inout LeaderElectionState) async -> LeaderElectionAction {
        let watcher = LeaseWatcher(
            name: key.name,
            inbox: inbox,
            problems: problemList,
            logger: logger,
            clock: time.clock
        )
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { await watcher.run(store) }
            defer { group.cancelAll() }
            var holder: String?
            var action = state.start(at: time.now)
            while state.leadsUntil == nil {
                if inbox.isStopRequested { action = state.stop(at: time.now) }
                if case .end = action { return action }
                action = await perform(action, store, &state, watcher)
                if state.holder != holder {
                    holder = state.holder
                    logger.info("Standing by", metadata: ["holder": "\(holder ?? "")"])
                }
            }
            return action
        }
    }

    // MARK: Leading

    /// Runs the work while renewing the Lease, and releases it after.
    private func lead(
        _ store: some LeaseStore,
        _ state: inout LeaderElectionState,
        _ first: LeaderElectionAction,
        _ leaderWork: @escaping @Sendable (Leadership) async throws -> Void
    ) async throws {
        hold.set(state.leadsUntil)
        metrics?.leads(true)
        problemList.solvedAll()
        logger.info("Leading")
        let work = LeaderWork(stop: stop, inbox: inbox)
        let leadership = Leadership(identity: identity) { [hold] in hold.isHeld }
        let end = await withTaskGroup(of: Void.self) { group in
            group.addTask { await work.run { try await leaderWork(leadership) } }
            var action = first
            while true {
                if case .end(let end) = action {
                    hold.set(nil)
                    metrics?.leads(false)
                    if case .lost(let error) = end {
                        logger.error("Leadership is lost", metadata: ["error": "\(error)"])
                        work.cancel()
                        group.addTask { await self.guardAgainstOverrun() }
                        await work.waitForEnd()
                        group.cancelAll()
                    }
                    return end
                }
                action = await perform(action, store, &state, nil)
                hold.set(state.leadsUntil)
            }
        }
        switch end {
        case .lost(let error): throw error
        case .released: logger.info("Released the Lease")
        case .unreleased: logger.warning("Could not release the Lease, so the next leader waits for it to expire")
        case .stopped: break
        }
        try work.result()
    }

    /// Others may lead a lease after our last renewal; by then our work must be over.
    private func guardAgainstOverrun() async {
        do {
            try await time.clock.sleep(for: timing.leaseDuration - timing.renewDeadline)
        } catch {
            // Cancelled: the work has ended in time.
            return
        }
        logger.critical("The leader's work did not end in time")
        workOutlivedLeadership()
    }
}
