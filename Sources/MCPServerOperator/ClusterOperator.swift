// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import HTTPTransport
import KubernetesAPI
package import KubernetesClient
import Logging
import MCPServerAPI
package import RouteTable

/// The operator of a cluster: follows MCPServers, Secrets and grants, and keeps routes and statuses true.
package struct ClusterOperator: Sendable {
    /// How long a server that cannot be reconciled keeps the table of routes from being served, after the first lists.
    static let firstPassLimit = Duration.seconds(60)

    /// A status waits for the API server's disk, where many at once take little longer than one.
    static let statusWriters = 16

    private let publisher: GatewayRoutePublisher
    private let firstPass: FirstPass
    private let configuration: OperatorConfiguration
    private let client: ClusterClient
    private let dependencies: OperatorDependencies
    private let stores: ClusterStores
    private let secrets: ClusterSecretReader
    private let grants: ClusterGrants
    private let discovery: ProviderDiscovery<ContinuousClock>
    private let recorder: EventRecorder
    private let queue: WorkQueue<ObjectKey>
    private let statusQueue: WorkQueue<ObjectKey>
    private let routeReconciler: RouteReconciler
    private let statuses: StatusReporter

    /// - Parameters:
    ///   - configuration: What to watch, and how.
    ///   - trust: Who may get which tokens.
    ///   - client: Has the rights that deploy/ grants, and no others.
    ///   - instance: Which replica, in events: the pod's name.
    ///   - mayWrite: Whether this replica is the one that writes statuses and events; asked before each write. Routes
    ///     are published and reports are taken in all the same.
    ///   - dependencies: What every operator is made from.
    /// - Throws: `HTTPTransportError` if the transport cannot make a client.
    package init(
        configuration: OperatorConfiguration,
        trust: TrustConfiguration,
        client: ClusterClient,
        instance: String,
        mayWrite: @escaping @Sendable () -> Bool = { true },
        dependencies: OperatorDependencies
    ) throws {
        let (logger, time) = (dependencies.logger, dependencies.time)
        let metrics = OperatorMetrics(factory: dependencies.metrics)
        self.configuration = configuration
        self.client = client
        self.dependencies = dependencies
        stores = ClusterStores(watchNamespaces: configuration.watchNamespaces)
        secrets = ClusterSecretReader(stores: stores, secrets: client.resources(in: .cluster))
        grants = ClusterGrants(stores: stores, clock: time.clock, logger: logger)
        discovery = try ProviderDiscovery(trust: trust, transport: dependencies.transport, logger: logger)
        let publisher = GatewayRoutePublisher(metrics: metrics, clock: time.clock)
        self.publisher = publisher
        firstPass = FirstPass { publisher.routes.open() }
        recorder = EventRecorder(
            GatedEventSink(sink: client.resources(Event.self, in: .cluster), mayWrite: mayWrite),
            reportingController: ClusterEvents.reportingController,
            reportingInstance: instance,
            metrics: dependencies.metrics,
            logger: logger,
            clock: time.clock,
            now: { MicroTime(sinceEpoch: time.sinceEpoch()) }
        )
        queue = WorkQueue(name: "mcpserver", metrics: dependencies.metrics, clock: time.clock)
        statusQueue = WorkQueue(name: "mcpserver-status", metrics: dependencies.metrics, clock: time.clock)
        let outlines = client.resources(MCPServerOutline.self, in: .cluster)
        let servers = ClusterServerReader(store: stores.servers, outlines: outlines)
        routeReconciler = RouteReconciler(
            sources: ReconcilerSources(servers: servers, secrets: secrets, grants: grants, metadata: discovery),
            trust: trust,
            requiresSecretLabel: configuration.requireSecretLabel,
            cryptography: dependencies.cryptography,
            publisher: publisher
        )
        statuses = StatusReporter(
            servers: servers,
            publisher: publisher,
            status: ClusterStatusWriter(servers: client.resources(in: .cluster), mayWrite: mayWrite),
            events: ClusterEvents(recorder: recorder),
            metrics: metrics,
            now: { KubernetesTime(sinceEpoch: time.sinceEpoch()) }
        )
    }

    /// Works until the task is cancelled; reconciles that are running then may finish.
    ///
    /// - Throws: Nothing but what a broken invariant throws: faults of the API server are waited out.
    package func run() async throws {
        publisher.beginQuietPeriod()
        subscribe()
        let sources: [any SyncedSource] = [stores.servers, SecretPresence(stores: stores), grants, discovery]
        let (publishing, reporting) = controllers(after: sources)
        let gate = ListGate()
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for scope in stores.scopes { follow(scope, gate, &group) }
                group.addTask { await recorder.run() }
                group.addTask { try await discovery.run() }
                group.addTask { try await publisher.run() }
                group.addTask { try await openTable(after: sources) }
                group.addTask { try await publishing.run() }
                group.addTask { try await reporting.run() }
                try await group.waitForAll()
            }
        } catch is CancellationError {
            return
        }
    }

    /// What publishes routes, and what writes statuses after it: no route waits behind the status of another server.
    private func controllers(after sources: [any SyncedSource]) -> (publishing: Controller, reporting: Controller) {
        func controller(
            _ queue: WorkQueue<ObjectKey>,
            _ reconciler: any Reconciler,
            workers: Int,
            after sources: [any SyncedSource] = []
        ) -> Controller {
            Controller(
                ControllerConfiguration(name: queue.name, workers: workers, syncTimeout: nil),
                queue: queue,
                reconciler: reconciler,
                sources: sources,
                metrics: dependencies.metrics,
                logger: dependencies.logger,
                clock: dependencies.time.clock
            )
        }
        let handover = StatusHandover(queue: statusQueue)
        let publishing = PublishingReconciler(routes: routeReconciler, handover: handover)
        let reporting = StatusReconciler(statuses: statuses, handover: handover) { [queue] key, delay in
            queue.add(key, after: delay)
        }
        return (
            controller(
                queue,
                FirstPassReconciler(base: publishing, firstPass: firstPass),
                workers: configuration.workers,
                after: sources
            ),
            controller(statusQueue, reporting, workers: Self.statusWriters)
        )
    }

    /// Whether everything known has been looked at and every status is written that is to be.
    var isIdle: Bool { queue.isIdle && statusQueue.isIdle }

    /// The table of routes, for whoever serves it to gateways; not open before every server has been looked at once.
    package var routes: RouteBroadcast { publisher.routes }

    /// Takes in what a gateway says about the routes it was sent; that `instance` is its name is the caller's to verify.
    package func receive(_ report: GatewayReport, from instance: String) -> ReportVerdict {
        publisher.receive(report, from: instance)
    }

    /// Looks at every server again, now that this replica is the one that writes.
    ///
    /// Where the replica before left a status as it should be, nothing is written; what gateways have not said yet
    /// counts against no route for a while.
    package func leadershipBegan() {
        publisher.beginQuietPeriod()
        addAll()
    }

    /// Why the operator is not ready, or works with old state.
    package var readiness: OperatorReadiness {
        var problems = stores.servers.problems.values.map(\.message) + stores.secrets.problems.values.map(\.message)
        let hasSynced = stores.servers.hasSynced && stores.secrets.hasSynced
        if hasSynced, !routes.isOpen {
            problems.append("Not every MCPServer has been looked at since the start; routes are served once it has.")
        }
        return OperatorReadiness(isReady: hasSynced && routes.isOpen, problems: problems.sorted())
    }

    private func subscribe() {
        let (queue, stores, secrets) = (queue, stores, secrets)
        stores.feed(queue, isKnown: statuses.isEcho)
        // Weakly: the reader reads these stores, and a store that kept it would keep itself.
        stores.servers.subscribe { [weak secrets] change in
            let before = change.old?.credentialReferences.map(\.credentials.reference.key) ?? []
            if !before.isEmpty { secrets?.release(before) }
        }
        stores.secrets.subscribe { [weak secrets] in if $0.kind == .deleted { secrets?.drop($0.key) } }
        discovery.onChange { _ in
            // Any server may have asked about any issuer, and a reconcile without a change costs nothing.
            for key in stores.servers.snapshot().keys { queue.add(key) }
        }
        publisher.onChange { key, delay in queue.add(ObjectKey(key), after: delay) }
    }

    private func addAll() {
        let servers = stores.servers.snapshot()
        for key in Array(servers.keys) + Array(servers.invalid.keys) { queue.add(key, priority: .low) }
    }

    private func openTable(after sources: [any SyncedSource]) async throws {
        let clock = dependencies.time.clock
        for source in sources { try await source.waitUntilSynced(timeout: nil, clock: clock) }
        let servers = stores.servers.snapshot()
        firstPass.begin(with: Array(servers.keys) + Array(servers.invalid.keys))
        try await clock.sleep(for: Self.firstPassLimit)
        // What is not known of them is left to the gateways.
        let left = firstPass.giveUp { publisher.hold(RouteKey($0)) }
        guard left > 0 else { return }
        dependencies.logger.warning(
            "Serving routes although some servers could not be reconciled yet",
            metadata: ["servers": "\(left)"]
        )
    }

    /// Follows everything in one scope.
    private func follow(
        _ scope: NamespaceScope,
        _ gate: ListGate,
        _ group: inout ThrowingTaskGroup<Void, any Error>
    ) {
        func reflector<Object: KubernetesResource>(
            _ store: Store<Object>,
            fieldSelector: String? = nil,
            absenceLimit: Int? = nil
        ) -> Reflector<Object> {
            Reflector(
                client.resources(Object.self, in: scope),
                into: store,
                scope: scope,
                fieldSelector: fieldSelector,
                absenceLimit: absenceLimit,
                gate: gate,
                metrics: dependencies.metrics,
                logger: dependencies.logger,
                clock: dependencies.time.clock
            )
        }
        let servers = reflector(stores.servers)
        // Releases of Helm are Secrets too: large, many, and never credentials.
        let secrets = reflector(stores.secrets, fieldSelector: "type!=helm.sh/release.v1")
        let grants = reflector(stores.grants, absenceLimit: ClusterGrants.absenceLimit)
        let grantClient = client.resources(ReferenceGrant.self, in: scope)
        group.addTask { await servers.run() }
        group.addTask { await secrets.run() }
        group.addTask { try await self.grants.run(grantClient, in: scope, grants) }
    }
}
