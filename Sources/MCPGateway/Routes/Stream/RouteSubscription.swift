// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
package import Logging
package import Metrics
import NIOConcurrencyHelpers
package import RouteTable
import Timing

/// Keeps a table of routes equal to the operator's, through restarts, silence and changes of replica.
///
/// Each connection's table is built beside the one that is served and takes its place when it is complete. No failure
/// ends it; whatever the stream breaks, the last table stays.
package struct RouteSubscription: Sendable {
    /// The most routes one gateway holds.
    private static let maximumRoutes = 200_000

    private let endpoint: RouteEndpoint
    private let client: any HTTPClient
    private let routes: LiveRoutes
    private let metrics: RouteTableMetrics?
    private let logger: Logger
    private let time: ElapsedTime
    private let generator: any RandomNumberGenerator & Sendable

    /// Makes a subscription that asks for nothing until it runs.
    ///
    /// Reports to `metrics` under `route_table_*`; with `nil` nowhere.
    package init(
        to endpoint: RouteEndpoint,
        through client: any HTTPClient,
        into routes: LiveRoutes,
        metrics: (any MetricsFactory)? = nil,
        logger: Logger,
        clock: any Clock<Duration> = ContinuousClock(),
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.endpoint = endpoint
        self.client = client
        self.routes = routes
        self.metrics = metrics.map { RouteTableMetrics(factory: $0) }
        self.logger = logger
        time = ElapsedTime(clock)
        self.generator = generator
    }

    /// Follows the operator until the task is cancelled.
    package func run() async { await run(generator) }

    private func run(_ generator: some RandomNumberGenerator & Sendable) async {
        var generator = generator
        var retry = Backoff(initial: .milliseconds(200), cap: .seconds(10))
        let reading = NIOLockedValueBox(StreamReading(StreamWatch.Limits(), maximumRoutes: Self.maximumRoutes))
        while !Task.isCancelled {
            metrics?.connecting()
            let end = await connection(reading, watch: true)
            let hadSynced = reading.withLockedValue { reading in
                reading.end()
                return reading.hasSynced
            }
            guard !Task.isCancelled else { return }
            if hadSynced { retry.reset() }
            let pause = max(retry.next(using: &generator), end.retryAfter ?? .zero)
            routes.stopFollowing(end.error.message)
            metrics?.lost(end.error.code)
            logger.warning(
                "Could not follow the operator; the last routes stay in use",
                metadata: [
                    "operator": "\(endpoint.base)", "cause": "\(end.error.code.rawValue)",
                    "error": "\(end.error.message)", "after": "\(pause)", "routes": "\(routes.snapshot.count)",
                ]
            )
            await time.pause(pause)
        }
    }

    /// Reads the table once, without waiting for changes and without trying again.
    ///
    /// - Throws: ``RouteTable/RouteStreamError``, or `CancellationError`.
    package func fetch() async throws -> RouteSnapshot {
        let reading = NIOLockedValueBox(StreamReading(StreamWatch.Limits(), maximumRoutes: Self.maximumRoutes))
        let end = await connection(reading, watch: false)
        try Task.checkCancellation()
        let (hasSynced, snapshot) = reading.withLockedValue { ($0.hasSynced, $0.table.snapshot) }
        guard hasSynced else { throw end.error }
        return snapshot
    }

    /// Reads one connection to its end, or until it counts as dead.
    private func connection(_ reading: NIOLockedValueBox<StreamReading>, watch: Bool) async -> RouteStream.End {
        let now = time.now
        reading.withLockedValue { $0.begin(at: now) }
        return await withTaskGroup(of: RouteStream.End?.self) { group in
            group.addTask { await read(reading, watch: watch) }
            group.addTask { await guardAgainstSilence(reading) }
            let first = await group.next() ?? nil
            group.cancelAll()
            await group.waitForAll()
            return first ?? RouteStream.End(.disconnected, "The subscription was cancelled.")
        }
    }

    /// Returns once the stream counts as dead; `nil` on cancellation.
    private func guardAgainstSilence(_ reading: NIOLockedValueBox<StreamReading>) async -> RouteStream.End? {
        while !Task.isCancelled {
            let now = time.now
            switch reading.withLockedValue({ $0.verdict(at: now) }) {
            case .alive(let pause): await time.pause(pause)
            case .dead(let error): return RouteStream.End(error.code, error.message)
            }
        }
        return nil
    }

    private func read(_ reading: NIOLockedValueBox<StreamReading>, watch: Bool) async -> RouteStream.End {
        do {
            var stream = try await RouteStream(endpoint, watch: watch, through: client)
            while let event = try await stream.next() {
                try Task.checkCancellation()
                let now = time.now
                let change = try reading.withLockedValue { try $0.apply(event, at: now) }
                if watch { publish(change, event) }
                if case .swapped = change, !watch { break }
            }
            return RouteStream.End(
                .disconnected,
                watch
                    ? "The operator ended the route stream. The connection is made anew."
                    : "The operator ended the route stream before the table was complete. Try again."
            )
        } catch let end as RouteStream.End {
            return end
        } catch let error as RouteStreamError {
            return RouteStream.End(error.code, error.message)
        } catch {
            return RouteStream.End(.disconnected, "Could not read the route stream: \(error).")
        }
    }

    private func publish(_ change: RouteTableState.Change, _ event: RouteEvent) {
        switch change {
        case .swapped(let snapshot):
            routes.replace(with: snapshot)
            metrics?.replaced(count: snapshot.count)
            logger.info(
                "Following the operator's routes",
                metadata: [
                    "operator": "\(endpoint.base)", "revision": "\(snapshot.revision)", "routes": "\(snapshot.count)",
                ]
            )
        case .changed(let snapshot, let key):
            routes.change(to: snapshot, key)
            metrics?.changed(event.kind, count: snapshot.count)
        case .none:
            switch event.kind {
            case .reset:
                // After the first, this reader was too slow for the operator.
                routes.stopFollowing("The operator is sending a new table.")
                metrics?.stale()
            case .heartbeat: routes.confirm()
            case .put, .keep, .delete, .synced: break
            }
        }
    }
}
