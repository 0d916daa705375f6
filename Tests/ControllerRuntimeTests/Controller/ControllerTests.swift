// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI
import KubernetesTesting
import Logging
import NIOConcurrencyHelpers
import TestSupport
import Testing

@Suite("Controller", .timeLimit(.minutes(10)))
struct ControllerTests {
    struct Failure: Error {}

    /// A reconciler whose answer is a closure.
    struct Scripted: Reconciler {
        let body: @Sendable (ObjectKey, ReconcileContext) async throws -> ReconcileOutcome
        func reconcile(_ key: ObjectKey, _ context: ReconcileContext) async throws -> ReconcileOutcome {
            try await body(key, context)
        }
    }

    let clock = ManualClock()
    let metrics = RecordingMetrics()
    /// Prints next to nothing, but unlike the no-op handler keeps metadata.
    let quiet = {
        var logger = Logger(label: "test") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .critical
        return logger
    }()

    /// Runs a controller while `body` runs, then cancels it, does what `stopping` says and waits for its end.
    ///
    /// A reconcile that hangs is ended by the controller's own deadlines, which pass on the manual clock alone. So when a
    /// closure fails, time is made to pass until the controller has ended, and the failure costs moments.
    func withController(
        workers: Int = 1,
        sources: [any SyncedSource] = [],
        isMeasured: Bool = true,
        _ reconcile: @escaping @Sendable (ObjectKey, ReconcileContext) async throws -> ReconcileOutcome,
        _ body: (WorkQueue<ObjectKey>) async throws -> Void,
        stopping: (WorkQueue<ObjectKey>) async throws -> Void = { _ in }
    ) async throws {
        // Measuring sleeps on the clock as well.
        let metrics = isMeasured ? metrics : nil
        let queue = WorkQueue<ObjectKey>(name: "gadget", metrics: metrics, clock: clock)
        let controller = Controller(
            ControllerConfiguration(name: "gadget", workers: workers),
            queue: queue,
            reconciler: Scripted(body: reconcile),
            sources: sources,
            metrics: metrics,
            logger: quiet,
            clock: clock
        )
        let hasEnded = NIOLockedValueBox(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { hasEnded.withLockedValue { $0 = true } }
                try await controller.run()
            }
            do {
                try await body(queue)
                group.cancelAll()
                try await stopping(queue)
            } catch {
                group.cancelAll()
                while !hasEnded.withLockedValue({ $0 }) {
                    clock.advance(by: .seconds(1))
                    await Task.yield()
                }
                throw error
            }
            try await group.waitForAll()
        }
    }

    func count(_ name: String, _ more: String = "") -> Double? {
        metrics.value("controller_runtime_\(name){controller=gadget\(more)}")
    }

    @Test("Each key is reconciled, with an ID of its own and what the log needs")
    func reconciles() async throws {
        let seen = Recorded<(ObjectKey, ReconcileContext)>()
        try await withController {
            seen.append(($0, $1))
            return .settled
        } _: { queue in
            queue.add(key("a"))
            queue.add(key("b"))
            try await until("both are done") { count("reconcile_total", ",result=success") == 2 }
        }
        #expect(seen.all.map(\.0) == [key("a"), key("b")])
        #expect(Set(seen.all.map(\.1.reconcileID)).count == 2)
        let context = try #require(seen.all.first?.1)
        #expect(context.reconcileID.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
        #expect(context.logger[metadataKey: "controller"] == "gadget")
        #expect(context.logger[metadataKey: "namespace"] == "default")
        #expect(context.logger[metadataKey: "name"] == "a")
        #expect(context.logger[metadataKey: "reconcileID"] == "\(context.reconcileID)")
    }

    @Test("T67: a failure is tried again later, knowing how often it failed")
    func failure() async throws {
        let failures = Recorded<Int>()
        try await withController { _, context in
            failures.append(context.failures)
            if context.failures < 3 { throw Failure() }
            return .settled
        } _: { queue in
            queue.add(key("a"))
            try await until("it has worked") {
                clock.advance(by: .milliseconds(1))
                return count("reconcile_total", ",result=success") == 1
            }
        }
        #expect(failures.all == [0, 1, 2, 3])
        #expect(count("reconcile_errors_total") == 3)
        #expect(metrics.value("workqueue_retries_total{name=gadget,controller=gadget}") == 3)
    }

    @Test("T67: a terminal error is not tried again, and counts as an error and as terminal")
    func terminal() async throws {
        try await withController { _, _ in
            throw TerminalError(Failure())
        } _: { queue in
            queue.add(key("a"))
            try await until("it has failed") { count("terminal_reconcile_errors_total") == 1 }
            clock.advance(by: .seconds(3_600))
            queue.add(key("b"))
            try await until("the next has failed") { count("terminal_reconcile_errors_total") == 2 }
        }
        #expect(count("reconcile_errors_total") == 2)
        #expect(metrics.value("workqueue_retries_total{name=gadget,controller=gadget}") == 0)
    }

    @Test("T67: a requeue comes back after its time")
    func requeue() async throws {
        let runs = Recorded<ManualClock.Instant>()
        let clock = clock
        try await withController { _, _ in
            runs.append(clock.now)
            return .requeue(after: .seconds(60))
        } _: { queue in
            queue.add(key("a"))
            try await until("it has run twice") {
                clock.advance(by: .seconds(1))
                return runs.all.count == 2
            }
        }
        #expect(runs.all[1].offset - runs.all[0].offset >= .seconds(60))
    }

    @Test("A reconcile that takes longer than two minutes is cancelled and tried again")
    func timeout() async throws {
        let cancelled = Recorded<Bool>()
        let gate = Gate()
        try await withController { _, context in
            if context.failures > 0 { return .settled }
            await gate.pass()
            cancelled.append(Task.isCancelled)
            try Task.checkCancellation()
            return .settled
        } _: { queue in
            defer { gate.open() }
            queue.add(key("a"))
            try await until("it is retried") {
                clock.advance(by: .seconds(1))
                return count("reconcile_total", ",result=success") == 1
            }
        }
        #expect(cancelled.all == [true])
        #expect(count("reconcile_timeouts_total") == 1)
        #expect(count("reconcile_errors_total") == 1)
    }

    @Test("No more reconciles run at a time than there are workers, and never two for one key")
    func workers() async throws {
        let running = Recorded<ObjectKey>()
        let gate = AsyncStream<Void>.makeStream()
        try await withController(workers: 3) { key, _ in
            running.append(key)
            for await _ in gate.stream {}
            return .settled
        } _: { queue in
            for name in ["a", "a", "b", "c", "d"] { queue.add(key(name)) }
            queue.add(key("a"))
            try await until("three run") { running.all.count == 3 }
            #expect(count("active_workers") == 3)
            #expect(queue.depth >= 1)
            gate.continuation.finish()
            try await until("all are done") { count("active_workers") == 0 && queue.depth == 0 }
        }
        #expect(Set(running.all.prefix(3)).count == 3)
        #expect(count("max_concurrent_reconciles") == 3)
    }

    @Test("No reconcile runs before every source has its first list")
    func waitsForSources() async throws {
        let stores = [Store<Gadget>(), Store<Gadget>()]
        let runs = Recorded<ObjectKey>()
        try await withController(sources: stores) { key, _ in
            runs.append(key)
            return .settled
        } _: { queue in
            queue.add(key("a"))
            stores[0].replace(with: [[]], at: ResourceVersion("1"))
            try await until("it waits for the second") { clock.sleeperCount == 1 }
            #expect(runs.all.isEmpty)
            stores[1].replace(with: [[]], at: ResourceVersion("1"))
            try await until("it reconciles") { runs.all == [key("a")] }
        }
    }

    @Test("A source without a list in two minutes fails the controller, naming the kind")
    func syncTimeout() async throws {
        let controller = Controller(
            ControllerConfiguration(name: "gadget"),
            queue: WorkQueue<ObjectKey>(name: "gadget", clock: clock),
            reconciler: Scripted { _, _ in .settled },
            sources: [Store<Gadget>()],
            logger: quiet,
            clock: clock
        )
        let running = Task { try await controller.run() }
        defer { running.cancel() }
        try await until("it waits") { clock.sleeperCount == 1 }
        clock.advance(by: .seconds(120))
        let error = await #expect(throws: StoreSyncError.self) { try await running.valueInTime() }
        #expect(error?.kind == "Gadget")
    }

    @Test("On cancellation a running reconcile may finish its write, and no other key is taken")
    func gracefulShutdown() async throws {
        let started = Recorded<ObjectKey>()
        let finished = Recorded<Bool>()
        let gate = Gate()
        try await withController { key, _ in
            started.append(key)
            await gate.pass()
            finished.append(Task.isCancelled)
            return .settled
        } _: { queue in
            queue.add(key("a"))
            queue.add(key("b"))
            try await until("the first runs") { started.all.count == 1 }
        } stopping: { queue in
            defer { gate.open() }
            try await until("the queue is shut down") { queue.depth == 0 }
            #expect(finished.all.isEmpty)
        }
        #expect(finished.all == [false])
        #expect(started.all == [key("a")])
    }

    @Test("A reconcile that does not end within 30 s of a cancellation is cancelled")
    func drainDeadline() async throws {
        let started = Recorded<ObjectKey>()
        let cancelled = Recorded<Bool>()
        let gate = Gate()
        try await withController(isMeasured: false) { key, _ in
            started.append(key)
            await gate.pass()
            cancelled.append(Task.isCancelled)
            return .settled
        } _: { queue in
            queue.add(key("a"))
            try await until("it runs") { started.all.count == 1 && clock.sleeperCount == 1 }
        } stopping: { _ in
            defer { gate.open() }
            try await until("the deadline runs") { clock.sleeperCount == 2 }
            clock.advance(by: .seconds(29))
            #expect(cancelled.all.isEmpty)
            clock.advance(by: .seconds(1))
            try await until("it has ended") { !cancelled.all.isEmpty }
        }
        #expect(cancelled.all == [true])
    }

    @Test("Every series exists from the start, at zero")
    func seriesExist() async throws {
        try await withController { _, _ in
            .settled
        } _: { _ in
        }
        for result in ["success", "error", "requeue", "requeue_after"] {
            #expect(count("reconcile_total", ",result=\(result)") == 0)
        }
        for name in [
            "reconcile_errors_total", "terminal_reconcile_errors_total", "reconcile_panics_total",
            "reconcile_timeouts_total", "reconcile_time_seconds", "active_workers",
        ] {
            #expect(count(name) == 0, "\(name)")
        }
        for name in [
            "adds_total", "retries_total", "queue_duration_seconds", "work_duration_seconds",
            "unfinished_work_seconds", "longest_running_processor_seconds",
        ] {
            #expect(metrics.value("workqueue_\(name){name=gadget,controller=gadget}") == 0, "\(name)")
        }
        #expect(metrics.value("workqueue_depth{name=gadget,controller=gadget,priority=0}") == 0)
        #expect(metrics.value("workqueue_depth{name=gadget,controller=gadget,priority=-100}") == 0)
    }
}
