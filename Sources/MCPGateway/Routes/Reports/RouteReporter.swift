// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
package import Logging
package import Metrics
import RouteTable
import Timing

/// Tells every replica of the operator what became of the routes it published.
///
/// Whichever replica leads has it then. Replicas do not wait for one another.
package struct RouteReporter: Sendable {
    /// What a reporter is made of.
    package struct Dependencies: Sendable {
        var client: any HTTPClient
        var resolver: any AddressResolver
        var judge: any RouteJudge
        var metrics: (any MetricsFactory)?
        var logger: Logger
        var clock: any Clock<Duration>
        var generator: any RandomNumberGenerator & Sendable

        /// `client` must check certificates against the host of the replicas' URLs.
        package init(
            client: any HTTPClient,
            resolver: any AddressResolver,
            judge: any RouteJudge,
            metrics: (any MetricsFactory)? = nil,
            logger: Logger,
            clock: any Clock<Duration> = ContinuousClock(),
            generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
        ) {
            self.client = client
            self.resolver = resolver
            self.judge = judge
            self.metrics = metrics
            self.logger = logger
            self.clock = clock
            self.generator = generator
        }
    }

    /// How often replicas are looked for, and verdicts asked for again.
    private static let interval = Duration.seconds(15)
    /// More replicas than any operator has.
    private static let maximumReplicas = 64

    private let instance: GatewayInstance
    private let replicas: RouteReplicas
    private let token: RouteEndpoint.Token
    private let routes: LiveRoutes
    private let dependencies: Dependencies
    private let metrics: ReportMetrics?
    private let time: ElapsedTime

    /// Makes a reporter that says nothing until it runs, and then only once `routes` holds a table.
    package init(
        as instance: GatewayInstance,
        to replicas: RouteReplicas,
        token: @escaping RouteEndpoint.Token,
        about routes: LiveRoutes,
        _ dependencies: Dependencies
    ) {
        self.instance = instance
        self.replicas = replicas
        self.token = token
        self.routes = routes
        self.dependencies = dependencies
        metrics = dependencies.metrics.map { ReportMetrics(factory: $0) }
        time = ElapsedTime(dependencies.clock)
    }

    /// Reports until the task is cancelled.
    package func run() async { await run(dependencies.generator) }

    private func run(_ generator: some RandomNumberGenerator & Sendable) async {
        let judged = JudgedRoutes(dependencies.judge)
        let channels = ReplicaChannels()
        await withDiscardingTaskGroup { group in
            group.addTask { await judgeChanges(judged, channels) }
            group.addTask { await judgeAgain(judged, channels) }
            var generator = generator
            var retry = Backoff(initial: .seconds(1), cap: Self.interval)
            var problem: String?
            while !Task.isCancelled {
                var pause = Self.interval
                do {
                    for channel in channels.replace(with: try await currentReplicas()) {
                        let delivery = makeDelivery(over: channel, judged)
                        group.addTask { await delivery.run(dependencies.generator) }
                    }
                    problem = nil
                    retry.reset()
                } catch {
                    if !Task.isCancelled, problem != "\(error)" { logUnresolved(error) }
                    problem = "\(error)"
                    pause = min(pause, retry.next(using: &generator))
                }
                metrics?.replicas(channels.count)
                await time.pause(pause)
            }
        }
    }

    private func makeDelivery(over channel: ReplicaChannel, _ judged: JudgedRoutes) -> ReplicaDelivery {
        ReplicaDelivery(
            channel: channel,
            judged: judged,
            endpoint: RouteEndpoint(channel.replica.url, token: token),
            instance: instance,
            client: dependencies.client,
            metrics: metrics,
            logger: dependencies.logger,
            time: time
        )
    }

    private func currentReplicas() async throws -> Set<ReplicaAddress> {
        switch replicas {
        case .listed(let urls): return Set(urls.map { ReplicaAddress(url: $0, address: nil) })
        case .resolved(let url):
            let addresses = try await dependencies.resolver.addresses(of: url.host)
            return Set(addresses.prefix(Self.maximumReplicas).map { ReplicaAddress(url: url, address: $0) })
        }
    }

    private func logUnresolved(_ error: any Error) {
        dependencies.logger.warning(
            "Could not find the operator's replicas; those known go on being told",
            metadata: ["error": "\(error)"]
        )
    }

    private func judgeChanges(_ judged: JudgedRoutes, _ channels: ReplicaChannels) async {
        let changes = routes.changes()
        do {
            while true {
                let (picture, touched) = try await changes.next()
                apply(picture, touched, judged, channels)
            }
        } catch {
            // Cancellation, which is how it ends.
        }
    }

    /// Verdicts that depend on more than the route are asked for again now and then.
    private func judgeAgain(_ judged: JudgedRoutes, _ channels: ReplicaChannels) async {
        while !Task.isCancelled {
            await time.pause(Self.interval)
            apply(routes.picture, .everything, judged, channels)
        }
    }

    private func apply(
        _ picture: LiveRoutes.Picture,
        _ touched: RouteChanges.Touched,
        _ judged: JudgedRoutes,
        _ channels: ReplicaChannels
    ) {
        guard picture.hasSynced, touched != .keys([]) else { return }
        for entry in judged.update(picture, touched) { entry.logRefusal(to: dependencies.logger) }
        channels.changed(touched, in: judged)
    }
}
