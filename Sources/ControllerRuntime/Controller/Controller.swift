// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI
package import Logging
package import Metrics
import Timing

/// Takes keys from a queue and has a reconciler look at each, several at a time.
///
/// ``run()`` returns when its task is cancelled and the reconciles that were running have ended.
package struct Controller: Sendable {
    private let configuration: ControllerConfiguration
    private let queue: WorkQueue<ObjectKey>
    private let reconciler: any Reconciler
    private let sources: [any SyncedSource]
    private let metrics: ControllerMetrics?
    private let logger: Logger
    private let time: ElapsedTime
    private let timeLimit: TimeLimit

    /// Makes a controller that takes no key until it runs.
    ///
    /// The `queue` is filled by the subscribers of stores, and shut down when ``run()`` is cancelled. The `sources` are
    /// the stores the reconciler reads: no reconcile runs before each has its first list. Reports to `metrics` under
    /// controller-runtime's names; with `nil` nowhere.
    package init(
        _ configuration: ControllerConfiguration,
        queue: WorkQueue<ObjectKey>,
        reconciler: any Reconciler,
        sources: [any SyncedSource],
        metrics: (any MetricsFactory)? = nil,
        logger: Logger,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        var logger = logger
        logger[metadataKey: "controller"] = "\(configuration.name)"
        self.configuration = configuration
        self.queue = queue
        self.reconciler = reconciler
        self.sources = sources
        self.metrics = metrics.map {
            ControllerMetrics(name: configuration.name, workers: configuration.workers, factory: $0)
        }
        self.logger = logger
        time = ElapsedTime(clock)
        timeLimit = TimeLimit(configuration.reconcileTimeout, time)
    }

    /// Waits for the sources, then reconciles until the task is cancelled.
    ///
    /// On cancellation no further key is taken, and running reconciles have
    /// ``ControllerConfiguration/shutdownTimeout`` to end before they are cancelled too.
    ///
    /// - Throws: ``StoreSyncError`` if a source has no first list in time.
    package func run() async throws {
        do {
            for source in sources {
                try await source.waitUntilSynced(timeout: configuration.syncTimeout, clock: time.clock)
            }
        } catch is CancellationError {
            queue.shutDown()
            return
        }
        // Not a child of this task: cancelling this one must leave running reconciles the time to finish a write.
        // It is awaited right here, on every path.
        let work = Task { await self.workUntilShutDown() }
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            queue.shutDown()
        }
    }

    private func workUntilShutDown() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.runWorkers() }
            group.addTask {
                await self.queue.waitUntilShutDown()
                // Ends early only when all workers have ended.
                do { try await self.time.clock.sleep(for: self.configuration.shutdownTimeout) } catch {}
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func runWorkers() async {
        await withTaskGroup(of: Void.self) { group in
            if metrics != nil { group.addTask { await self.reportWorkInProgress() } }
            group.addTask { await timeLimit.run() }
            await withDiscardingTaskGroup { workers in
                workers.addTask { await self.queue.run() }
                for _ in 0..<configuration.workers { workers.addTask { await self.work() } }
            }
            group.cancelAll()
        }
    }

    private func work() async {
        while let key = await queue.next() {
            metrics?.activeWorkers(1)
            queue.finish(key, await reconcile(key))
            metrics?.activeWorkers(-1)
        }
    }

    private func reconcile(_ key: ObjectKey) async -> WorkVerdict {
        let started = time.now
        let context = makeContext(key)
        let result: ReconcileResult
        do {
            let outcome = try await timeLimit.apply { try await reconciler.reconcile(key, context) }
            result = outcome.map(ReconcileResult.init) ?? .timedOut(configuration.reconcileTimeout)
        } catch let error as TerminalError {
            result = .abandoned(error)
        } catch {
            result = .failed(error)
        }
        metrics?.reconciled(result, in: time.now - started)
        result.log(to: context.logger)
        return result.verdict
    }

    private func makeContext(_ key: ObjectKey) -> ReconcileContext {
        let all: ClosedRange<UInt64> = .min ... .max
        let reconcileID = ReconcileID(high: .random(in: all), low: .random(in: all)).description
        var logger = logger
        logger[metadataKey: "namespace"] = "\(key.namespace)"
        logger[metadataKey: "name"] = "\(key.name)"
        logger[metadataKey: "reconcileID"] = "\(reconcileID)"
        return ReconcileContext(
            reconcileID: reconcileID,
            failures: queue.failureCount(key),
            priority: queue.priority(key),
            logger: logger
        )
    }

    private func reportWorkInProgress() async {
        do {
            while true {
                queue.reportWorkInProgress()
                try await time.clock.sleep(for: .milliseconds(500))
            }
        } catch {
            // Cancelled: the workers have ended and nothing is in progress.
            queue.reportWorkInProgress()
        }
    }
}
