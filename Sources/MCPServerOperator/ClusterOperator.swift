// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import HTTPTransport
import KubernetesAPI
package import KubernetesClient
import Logging
import MCPServerAPI

/// The operator of a cluster: follows MCPServers, Secrets and grants, and keeps routes and statuses true.
package struct ClusterOperator: Sendable {
    /// The table of routes, for whoever serves it to gateways.
    package let routes: InMemoryRoutePublisher

    private let configuration: OperatorConfiguration
    private let client: ClusterClient
    private let dependencies: OperatorDependencies
    private let stores: ClusterStores
    private let secrets: ClusterSecretReader
    private let grants: ClusterGrants
    private let discovery: ProviderDiscovery<ContinuousClock>
    private let recorder: EventRecorder
    private let queue: WorkQueue<ObjectKey>
    private let reconciler: MCPServerReconciler

    /// - Parameters:
    ///   - configuration: What to watch, and how.
    ///   - trust: Who may get which tokens.
    ///   - client: Has the rights that deploy/ grants, and no others.
    ///   - instance: Which replica, in events: the pod's name.
    ///   - dependencies: What every operator is made from.
    /// - Throws: `HTTPTransportError` if the transport cannot make a client.
    package init(
        configuration: OperatorConfiguration,
        trust: TrustConfiguration,
        client: ClusterClient,
        instance: String,
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
        routes = InMemoryRoutePublisher(countsAsGateway: false, metrics: metrics)
        recorder = EventRecorder(
            client.resources(Event.self, in: .cluster),
            reportingController: ClusterEvents.reportingController,
            reportingInstance: instance,
            metrics: dependencies.metrics,
            logger: logger,
            clock: time.clock,
            now: { MicroTime(sinceEpoch: time.sinceEpoch()) }
        )
        queue = WorkQueue(name: "mcpserver", metrics: dependencies.metrics, clock: time.clock)
        let outlines = client.resources(MCPServerOutline.self, in: .cluster)
        reconciler = MCPServerReconciler(
            sources: ReconcilerSources(
                servers: ClusterServerReader(store: stores.servers, outlines: outlines),
                secrets: secrets,
                grants: grants,
                metadata: discovery
            ),
            trust: trust,
            requiresSecretLabel: configuration.requireSecretLabel,
            cryptography: dependencies.cryptography,
            publisher: routes,
            status: ClusterStatusWriter(servers: outlines),
            events: ClusterEvents(recorder: recorder),
            metrics: metrics,
            now: { KubernetesTime(sinceEpoch: time.sinceEpoch()) }
        )
    }

    /// Works until the task is cancelled; reconciles that are running then may finish.
    ///
    /// - Throws: Nothing but what a broken invariant throws: faults of the API server are waited out.
    package func run() async throws {
        subscribe()
        let controller = Controller(
            ControllerConfiguration(name: "mcpserver", workers: configuration.workers, syncTimeout: nil),
            queue: queue,
            reconciler: reconciler,
            sources: [stores.servers, SecretPresence(stores: stores), grants, discovery],
            metrics: dependencies.metrics,
            logger: dependencies.logger,
            clock: dependencies.time.clock
        )
        let gate = ListGate()
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for scope in stores.scopes { follow(scope, gate, &group) }
                group.addTask { await recorder.run() }
                group.addTask { try await discovery.run() }
                group.addTask { try await controller.run() }
                try await group.waitForAll()
            }
        } catch is CancellationError {
            return
        }
    }

    /// Why the operator is not ready, or works with old state.
    package var readiness: OperatorReadiness {
        let problems = stores.servers.problems.values.map(\.message) + stores.secrets.problems.values.map(\.message)
        return OperatorReadiness(
            isReady: stores.servers.hasSynced && stores.secrets.hasSynced,
            problems: problems.sorted()
        )
    }

    private func subscribe() {
        let (queue, stores, secrets) = (queue, stores, secrets)
        stores.feed(queue)
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
