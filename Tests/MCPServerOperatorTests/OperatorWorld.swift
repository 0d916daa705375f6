// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import CoreMetrics
import JSON
import KubernetesAPI
import Logging
import MCPServerAPI
import NIOConcurrencyHelpers
import RouteTable
import TestSupport
import Testing
import YAML

@testable import MCPServerOperator

/// Everything a reconciler sees, in memory, with a log of what it did.
final class OperatorWorld: Sendable {
    struct State {
        var servers: [ObjectKey: ServerRecord] = [:]
        var secrets: [ObjectKey: Secret] = [:]
        var denied: Set<ObjectKey> = []
        var failure: APIError?
        var grants: Set<String> = []
        var configuredIssuers: MetadataSnapshot = [:]
        var resourceIssuers: [String: ResourceIssuerMetadata] = [:]
        var askedIssuers: [String] = []
        var writes: [(key: ObjectKey, status: MCPServerStatus)] = []
        var events: [TransitionEvent] = []
        var version = 100
        var seconds: Int64 = 1_700_000_000
        /// Whether a write shows up in what is read; off is a watch that lags.
        var echoes = true
    }
    let state: NIOLockedValueBox<State>
    let routes: RouteBroadcast
    /// The publisher, if gateways elsewhere take the routes.
    let publisher: GatewayRoutePublisher?
    /// What ``publisher`` counts by.
    let clock = ManualClock()
    let trust: TrustConfiguration
    private let reconciler: MCPServerReconciler

    /// A world of its own, or the one that another operator left behind in `state`.
    init(
        trust: TrustConfiguration = .corporate,
        countsAsGateway: Bool = true,
        requiresSecretLabel: Bool = false,
        state: NIOLockedValueBox<State> = NIOLockedValueBox(State())
    ) {
        self.state = state
        let metrics = OperatorMetrics(factory: NOOPMetricsHandler.instance)
        self.trust = trust
        let inProcess = InProcessRoutePublisher(metrics: metrics)
        let publisher = countsAsGateway ? nil : GatewayRoutePublisher(metrics: metrics, clock: clock)
        self.publisher = publisher
        routes = publisher?.routes ?? inProcess.routes
        // What the reconciler holds is only the state, so that it does not keep the world that keeps it.
        let seen = SeenWorld(state: state)
        reconciler = MCPServerReconciler(
            routes: RouteReconciler(
                sources: ReconcilerSources(servers: seen, secrets: seen, grants: seen, metadata: seen),
                trust: trust,
                requiresSecretLabel: requiresSecretLabel,
                cryptography: .fake,
                publisher: publisher ?? inProcess
            ),
            statuses: StatusReporter(
                servers: seen,
                publisher: publisher ?? inProcess,
                status: seen,
                events: seen,
                metrics: metrics,
                now: { [state] in
                    KubernetesTime(
                        secondsSinceEpoch: state.withLockedValue { state in
                            state.seconds += 1
                            return state.seconds
                        }
                    )
                }
            )
        )
    }

    @discardableResult
    func reconcile(_ key: ObjectKey = .todo) async throws -> ReconcileOutcome {
        try await reconciler.reconcile(
            key,
            ReconcileContext(reconcileID: "test", failures: 0, logger: Logger(label: "test"))
        )
    }

    // MARK: Changing the world

    /// Applies a server as kubectl would: a new generation, the status kept.
    func apply(_ yaml: String) throws {
        let server = try MCPServer.read(yaml)
        state.withLockedValue { state in
            var record = ServerRecord(server)
            state.version += 1
            record.metadata.uid = "uid-\(server.key)"
            record.metadata.resourceVersion = ResourceVersion("\(state.version)")
            record.metadata.generation = (state.servers[server.key]?.metadata.generation ?? 0) + 1
            record.status = state.servers[server.key]?.status
            state.servers[server.key] = record
        }
    }

    func change(_ key: ObjectKey = .todo, _ body: (inout ServerRecord) -> Void) {
        state.withLockedValue { state in
            guard var record = state.servers[key] else { return }
            body(&record)
            state.servers[key] = record
        }
    }

    func put(
        _ key: ObjectKey,
        _ data: [String: String],
        labels: [String: String] = [:],
        annotations: [String: String] = [:]
    ) {
        put(key, bytes: data.mapValues { Array($0.utf8) }, labels: labels, annotations: annotations)
    }

    func put(
        _ key: ObjectKey,
        bytes: [String: [UInt8]],
        labels: [String: String] = [:],
        annotations: [String: String] = [:]
    ) {
        state.withLockedValue { state in
            state.version += 1
            let metadata = ObjectMeta(
                name: key.name,
                namespace: key.namespace,
                uid: "uid-\(key)",
                resourceVersion: ResourceVersion("\(state.version)"),
                labels: labels,
                annotations: annotations
            )
            state.secrets[key] = Secret(metadata: metadata, data: bytes.mapValues { Redacted($0) })
        }
    }

    /// Changes or reads anything.
    @discardableResult
    func with<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        try state.withLockedValue { try body(&$0) }
    }

    // MARK: Looking at it

    var status: MCPServerStatus? { state.withLockedValue { $0.writes.last?.status } }
    var writeCount: Int { state.withLockedValue { $0.writes.count } }
    var events: [TransitionEvent] { state.withLockedValue { $0.events } }
    var route: Route? { routes[RouteKey(.todo)]?.route }

    func reason(_ type: ConditionType) -> String { status?.condition(type)?.reason ?? "" }
    func message(_ type: ConditionType) -> String { status?.condition(type)?.message ?? "" }
}

/// The world as the reconciler sees it.
struct SeenWorld: ServerReader, SecretReader, GrantReader, MetadataSource, StatusWriter, EventRecording {
    let state: NIOLockedValueBox<OperatorWorld.State>

    func server(_ key: ObjectKey) async throws -> ServerRecord? { state.withLockedValue { $0.servers[key] } }

    func secret(_ key: ObjectKey) async throws -> SecretLookup {
        try state.withLockedValue { state in
            if let failure = state.failure { throw failure }
            if state.denied.contains(key) { return .denied("The operator may not read Secret '\(key)'.") }
            return state.secrets[key].map(SecretLookup.found) ?? .notFound
        }
    }

    func permitsSecret(_ secret: ObjectKey, from namespace: String) -> Bool {
        state.withLockedValue { $0.grants.contains("\(namespace) -> \(secret)") }
    }

    var configuredIssuers: MetadataSnapshot { state.withLockedValue { $0.configuredIssuers } }

    func metadata(ofResourceIssuer issuer: String) async throws -> ResourceIssuerMetadata {
        state.withLockedValue { state in
            state.askedIssuers.append(issuer)
            return state.resourceIssuers[issuer]
                ?? ResourceIssuerMetadata(state: .unavailable("No answer from '\(issuer)'."))
        }
    }

    func write(_ status: MCPServerStatus, to metadata: ObjectMeta) async throws -> ResourceVersion? {
        state.withLockedValue { state in
            guard state.servers[metadata.key] != nil else { return nil }
            state.version += 1
            state.writes.append((metadata.key, status))
            if state.echoes {
                state.servers[metadata.key]?.status = status
                state.servers[metadata.key]?.metadata.resourceVersion = ResourceVersion("\(state.version)")
            }
            return ResourceVersion("\(state.version)")
        }
    }

    func forget(_ key: ObjectKey) {}

    func record(_ transition: TransitionEvent, regarding metadata: ObjectMeta) {
        state.withLockedValue { $0.events.append(transition) }
    }
}

extension ObjectKey {
    static let todo = ObjectKey(namespace: "team-a", name: "todo")
    static let credentials = ObjectKey(namespace: "team-a", name: "idp")
    static let todoClient = ObjectKey(namespace: "team-a", name: "todo-client")
}

extension MCPServer {
    /// The server in a YAML text.
    static func read(_ yaml: String) throws -> MCPServer {
        let document = try #require(try YAMLDocuments.parse(yaml, file: "test.yaml").first)
        return try MCPServer(json: document.value)
    }
}

extension Cryptography {
    /// A digest that only tells contents apart, and keys that are whatever says so.
    static let fake = Cryptography(
        digest: { bytes in
            var state: UInt64 = 0xcbf2_9ce4_8422_2325
            return (0..<4).flatMap { round -> [UInt8] in
                for byte in bytes + [UInt8(round)] { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
                return (0..<8).map { UInt8(truncatingIfNeeded: state >> (8 * $0)) }
            }
        },
        privateKeyProblem: { $0.hasPrefix("-----BEGIN") ? nil : "It is no PEM." }
    )
}

extension TrustConfiguration {
    /// One provider, whose token endpoint is listed.
    static let corporate = TrustConfiguration(identityProviders: [
        IdentityProvider(
            name: "corp",
            issuer: "https://idp.example",
            clientID: "sallyport",
            tokenEndpoints: ["https://idp.example/token"]
        )
    ])
}

/// Manifests of the server `team-a/todo`.
enum Manifest {
    /// An enterprise server with the given lines under `enterpriseIdP`.
    static func enterprise(_ lines: String..., suspended: Bool = false) -> String {
        """
        apiVersion: mcp.giantswarm.io/v1alpha1
        kind: MCPServer
        metadata: {name: todo, namespace: team-a}
        spec:
          type: streamable-http
          url: https://todo.example/mcp
          suspended: \(suspended)
          auth:
            enterpriseIdP:
              enabled: true
              mcpAuthServerIssuer: https://auth.todo.example

        """ + lines.map { "      \($0)\n" }.joined()
    }

    /// One that only needs its Secrets to work.
    static let plain = enterprise(
        "idpTokenEndpoint: https://idp.example/token",
        "clientCredentialsSecretRef: {name: idp}",
        "mcpAuthServerClient: {clientCredentialsSecretRef: {name: todo-client}}"
    )

    /// A server with the given `auth`, in flow style.
    static func server(
        auth: String?,
        url: String = "https://todo.example/mcp",
        type: String = "streamable-http"
    ) -> String {
        """
        apiVersion: mcp.giantswarm.io/v1alpha1
        kind: MCPServer
        metadata: {name: todo, namespace: team-a}
        spec:
          type: \(type)
          url: \(url)

        """ + (auth.map { "  auth: \($0)\n" } ?? "")
    }
}
