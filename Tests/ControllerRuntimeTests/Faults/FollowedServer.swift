// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import CoreMetrics
import Curl
import HTTPTransport
import JSON
import KubernetesAPI
import KubernetesClient
import KubernetesTesting
import Logging
import NIOConcurrencyHelpers
import TestSupport
import Testing

/// What is known after a reflector has followed a server through a fault to the end.
struct FollowedServer: Sendable {
    /// One line a request, as ``ReceivedRequest/summary``.
    var requests: [String]
    /// The pauses the reflector and the client made.
    var pauses: [Duration]
    /// `namespace/name` → version, of what the store holds.
    var stored: [String: String]
    /// What the server held in the end.
    var expected: [String: String]
    /// What subscribers were told, as `added team/a` or `deleted team/b (tombstone)`.
    var changes: [String]
    /// Names of objects that are there but cannot be decoded.
    var invalid: [String]
    /// How many connections the client made.
    var connections: Int
    /// What the client asked, whether or not it arrived.
    var asked: [HurriedTransport.Asked]

    /// Whether the store is what the server holds.
    var isExact: Bool { stored == expected }
    /// The summaries of the lists.
    var lists: [String] { requests.filter { $0.hasPrefix("LIST") } }
    /// The summaries of the watches.
    var watches: [String] { requests.filter { $0.hasPrefix("WATCH") } }
}

/// A fault and what must be true although it happened.
struct FaultCase: Sendable, CustomTestStringConvertible {
    /// Serves one request; `number` counts lists and watches together, and `model` is what a sound server would say.
    typealias Script = @Sendable (_ request: ReceivedRequest, _ number: Int, _ model: ObjectModel) -> [ServerStep]

    let testDescription: String
    /// `namespace/name` of the objects that are there at the start.
    var objects: [String] = ["team/a", "team/b", "team/c"]
    /// Whether the reflector asks for a watch list first, as it does if nobody says otherwise.
    let streams: Bool
    /// Which deadlines of which requests, counted from 0, pass within a moment.
    let hurried: [Int: HurriedDeadline]
    let script: Script
    /// Violations of what must hold, each as a sentence; empty if all is well.
    let violations: @Sendable (FollowedServer) -> [String]

    init(
        _ name: String,
        objects: [String] = ["team/a", "team/b", "team/c"],
        streams: Bool = false,
        hurried: [Int: HurriedDeadline] = [:],
        script: @escaping Script,
        violations: @escaping @Sendable (FollowedServer) -> [String]
    ) {
        testDescription = name
        self.objects = objects
        self.streams = streams
        self.hurried = hurried
        self.script = script
        self.violations = violations
    }

    /// Runs a reflector through a real client and real sockets until it is following the server in peace.
    ///
    /// Without `faulty` the script does not play and the server is sound, which the case must notice.
    func run(faulty: Bool) async throws -> FollowedServer {
        let model = ObjectModel(apiVersion: "test.example/v1", kind: "Widget")
        for (index, name) in objects.enumerated() {
            let parts = name.split(separator: "/").map(String.init)
            model.put(parts[0], parts[1], ["size": .integer(Int64(index))])
        }
        let script = script
        let isAtPeace = NIOLockedValueBox(false)
        return try await ScriptedAPIServer.withServer { request, number in
            let before = model.watchCount
            let steps = faulty ? script(request, number, model) : model.answer(request)
            isAtPeace.withLockedValue { $0 = model.watchCount > before }
            return steps
        } _: { server in
            try await follow(server, model, hurried: faulty ? hurried : [:]) { isAtPeace.withLockedValue { $0 } }
        }
    }

    /// Follows the server until `isAtPeace` says that the last request was a watch that it serves soundly.
    private func follow(
        _ server: ScriptedAPIServer,
        _ model: ObjectModel,
        hurried: [Int: HurriedDeadline],
        isAtPeace: @escaping @Sendable () -> Bool
    ) async throws -> FollowedServer {
        // Looks for silence every 10 s are no pauses.
        let clock = SkippingClock(skippingUpTo: streams ? .seconds(9) : .seconds(120))
        let transport = try CurlTransport()
        let hurriedTransport = HurriedTransport(transport, hurried: hurried)
        let client = try ClusterClient(
            configuration: ClusterConfiguration(server: HTTPURL(server.url)),
            transport: hurriedTransport,
            userAgent: "test",
            clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            metrics: NOOPMetricsHandler.instance
        )
        let store = Store<SizedWidget>()
        let changes = NIOLockedValueBox<[String]>([])
        store.subscribe { change in
            let tombstone = change.isTombstone ? " (tombstone)" : ""
            changes.withLockedValue { $0.append("\(change.kind.rawValue) \(change.key)\(tombstone)") }
        }
        let reflector = Reflector(
            client.resources(SizedWidget.self, in: .cluster),
            into: store,
            prefersStreaming: streams,
            gate: ListGate(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: clock
        )
        let result = await withTaskGroup(of: Void.self) { group in
            group.addTask { await reflector.run() }
            _ = await eventually {
                isAtPeace() && store.hasSynced && store.syncedTo()?.rawValue == "\(model.version)"
            }
            group.cancelAll()
            await group.waitForAll()
            let snapshot = store.snapshot()
            return FollowedServer(
                requests: server.requests.map(\.summary),
                pauses: clock.pauses,
                stored: Dictionary(
                    uniqueKeysWithValues: snapshot.objects.map {
                        ("\($0.metadata.key)", $0.metadata.resourceVersion.rawValue)
                    }
                ),
                expected: model.versions,
                changes: changes.withLockedValue { $0 },
                invalid: snapshot.invalid.keys.map { "\($0)" }.sorted(),
                connections: server.connectionCount,
                asked: hurriedTransport.asked
            )
        }
        await transport.shutdown()
        return result
    }
}

/// Collects violations: `check(condition, "sentence")`.
struct Violations {
    private(set) var found: [String] = []

    mutating func check(_ holds: Bool, _ sentence: String) {
        if !holds { found.append(sentence) }
    }
}
