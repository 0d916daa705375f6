// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import HTTPTransport
import KubernetesAPI
import Logging
import MCPServerAPI
package import RouteTable

/// The operator of a folder of manifests: the same rules as in a cluster, without one.
///
/// The gateway is in the same process; where there is none, the table of routes counts as one.
package struct FolderOperator: Sendable {
    /// What to show.
    package let board: StatusBoard
    /// The table of routes, for the gateway of this process.
    package let routes: RouteBroadcast

    private let folder: String
    private let configuration: OperatorConfiguration
    private let dependencies: OperatorDependencies
    private let contents: FolderContents
    private let discovery: ProviderDiscovery<ContinuousClock>
    private let publisher: InProcessRoutePublisher
    private let queue: WorkQueue<ObjectKey>
    private let reconciler: MCPServerReconciler

    /// - Parameters:
    ///   - folder: Where the manifests are.
    ///   - configuration: How to work.
    ///   - trust: Who may get which tokens.
    ///   - gateway: The name of the gateway in this process, which then has to ``receive(_:)`` answers for every route;
    ///     `nil` if there is none.
    ///   - dependencies: What every operator is made from.
    /// - Throws: `HTTPTransportError` if the transport cannot make a client.
    package init(
        folder: String,
        configuration: OperatorConfiguration,
        trust: TrustConfiguration,
        gateway: String? = nil,
        dependencies: OperatorDependencies
    ) throws {
        let time = dependencies.time
        let metrics = OperatorMetrics(factory: dependencies.metrics)
        self.folder = folder
        self.configuration = configuration
        self.dependencies = dependencies
        board = StatusBoard()
        let publisher = InProcessRoutePublisher(metrics: metrics, gateway: gateway, clock: time.clock)
        self.publisher = publisher
        routes = publisher.routes
        contents = FolderContents(
            board: board,
            digest: dependencies.cryptography.digest,
            sinceEpoch: time.sinceEpoch
        )
        discovery = try ProviderDiscovery(trust: trust, transport: dependencies.transport, logger: dependencies.logger)
        queue = WorkQueue(name: "mcpserver", metrics: dependencies.metrics, clock: time.clock)
        reconciler = MCPServerReconciler(
            routes: RouteReconciler(
                sources: ReconcilerSources(servers: contents, secrets: contents, grants: contents, metadata: discovery),
                trust: trust,
                requiresSecretLabel: configuration.requireSecretLabel,
                cryptography: dependencies.cryptography,
                publisher: publisher
            ),
            statuses: StatusReporter(
                servers: contents,
                publisher: publisher,
                status: contents,
                events: NoEvents(),
                metrics: metrics,
                now: { KubernetesTime(sinceEpoch: time.sinceEpoch()) }
            )
        )
    }

    /// Follows the folder until the task is cancelled.
    ///
    /// - Throws: ``FolderError`` if the folder cannot be read at the start; later that is a problem on the board.
    package func run() async throws {
        var reader = FolderReader(root: folder)
        enqueue(contents.load(try reader.scan().changes))
        let (queue, contents) = (queue, contents)
        discovery.onChange { _ in
            for key in contents.serverKeys { queue.add(key) }
        }
        publisher.onChange { queue.add(ObjectKey($0)) }
        let controller = Controller(
            ControllerConfiguration(name: "mcpserver", workers: configuration.workers, syncTimeout: nil),
            queue: queue,
            reconciler: reconciler,
            sources: [discovery],
            metrics: dependencies.metrics,
            logger: dependencies.logger,
            clock: dependencies.time.clock
        )
        let follower = FolderFollower(reader, clock: dependencies.time.clock)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await discovery.run() }
                group.addTask { try await controller.run() }
                group.addTask {
                    var follower = follower
                    try await follower.run { enqueue(contents.load($0)) }
                }
                try await group.waitForAll()
            }
        } catch is CancellationError {
            return
        }
    }

    /// Takes in what the gateway of this process says about the routes it was given.
    package func receive(_ report: GatewayReport) { publisher.receive(report) }

    /// Reads the folder and settles every server once, as far as that goes without a gateway.
    ///
    /// - Returns: The board as it is then.
    /// - Throws: ``FolderError`` if the folder cannot be read, or `CancellationError`.
    package func runOnce() async throws -> StatusBoard.Picture {
        var reader = FolderReader(root: folder)
        _ = contents.load(try reader.scan().changes)
        try await discovery.prime()
        for key in contents.serverKeys {
            _ = try await reconciler.reconcile(
                key,
                ReconcileContext(reconcileID: "once", failures: 0, logger: dependencies.logger)
            )
        }
        return board.picture()
    }

    private func enqueue(_ keys: Set<ObjectKey>) {
        for key in keys.sorted() { queue.add(key) }
    }
}
