// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

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
import Timing

@testable import ControllerRuntime

/// Candidates with a clock each, one Lease, and a server on a real socket that treats each as a test says.
final class ElectionWorld: Sendable {
    /// What the server does to a request in place of answering it.
    typealias Fault = @Sendable (ReceivedRequest) -> [ServerStep]?

    let model = ObjectModel(apiVersion: "coordination.k8s.io/v1", kind: "Lease")
    private let faults = NIOLockedValueBox<[String: Fault]>([:])
    private let silenced = NIOLockedValueBox<Set<String>>([])
    private let received = NIOLockedValueBox<[(candidate: String, request: ReceivedRequest)]>([])
    private let transport: CurlTransport
    private let url = NIOLockedValueBox("")

    static let key = ObjectKey(namespace: "system", name: "operator")

    private init() throws { transport = try CurlTransport() }

    /// Runs `body` with a server and whatever candidates it starts, which are stopped in the end.
    static func run(_ body: @escaping @Sendable (ElectionWorld) async throws -> Void) async throws {
        let world = try ElectionWorld()
        try await ScriptedAPIServer.withServer { request, _ in
            world.answer(request)
        } _: { server in
            world.url.withLockedValue { $0 = server.url }
            try await body(world)
        }
        await world.transport.shutdown()
    }

    private func answer(_ request: ReceivedRequest) -> [ServerStep] {
        let candidate = request.headers["User-Agent"] ?? ""
        received.withLockedValue { $0.append((candidate, request)) }
        let steps = faults.withLockedValue { $0[candidate] }?(request)
        if case .silence? = steps?.last, !request.isWatch {
            silenced.withLockedValue { _ = $0.insert(candidate) }
        } else if !request.isWatch {
            silenced.withLockedValue { _ = $0.remove(candidate) }
        }
        return steps ?? model.answerLive(request)
    }

    /// Makes the server treat one candidate badly, or with `nil` soundly again.
    func setFault(_ candidate: String, _ fault: Fault?) { faults.withLockedValue { $0[candidate] = fault } }

    /// What a candidate sent, as ``ReceivedRequest/summary``, watches aside.
    func requests(of candidate: String) -> [String] {
        received.withLockedValue { all in
            all.filter { $0.candidate == candidate && !$0.request.isWatch }.map(\.request.summary)
        }
    }

    func watchCount(of candidate: String) -> Int {
        received.withLockedValue { $0.filter { $0.candidate == candidate && $0.request.isWatch }.count }
    }

    /// Whether the last request of a candidate is left without an answer.
    func isSilenced(_ candidate: String) -> Bool { silenced.withLockedValue { $0.contains(candidate) } }

    /// Whom the Lease names; `nil` if there is no Lease.
    var holder: String? {
        model[Self.key.namespace, Self.key.name]?["spec"]?["holderIdentity"]?.stringValue
    }

    /// Puts somebody else's record there.
    func putLease(_ holder: String, renewedAt time: MicroTime, seconds: Int64 = 15) {
        model.put(
            Self.key.namespace,
            Self.key.name,
            [
                "spec": [
                    "holderIdentity": .string(holder), "leaseDurationSeconds": .integer(seconds),
                    "renewTime": time.json, "acquireTime": time.json, "leaseTransitions": 1,
                ]
            ]
        )
    }

    func client(_ name: String) throws -> LeaseClient {
        let client = try ClusterClient(
            configuration: ClusterConfiguration(server: HTTPURL(url.withLockedValue { $0 })),
            transport: transport,
            userAgent: name,
            // The client's own pauses pass at once; the elector's do not.
            clock: SkippingClock(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            metrics: NOOPMetricsHandler.instance
        )
        return LeaseClient(Self.key, client: client)
    }

    /// Starts a candidate for the length of `body`, then stops it and waits for its end.
    func with(
        _ name: String,
        work: @escaping @Sendable (Leadership) async throws -> Void = { _ in await Latch().wait() },
        _ body: @escaping @Sendable (Candidate) async throws -> Void
    ) async throws {
        let candidate = Candidate(name, world: self, client: try client(name))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await candidate.run(work) }
            do {
                try await body(candidate)
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
    }
}

/// One replica, its clock, and what became of it.
final class Candidate: Sendable {
    let name: String
    let clock = ManualClock()
    let metrics = RecordingMetrics()
    let elector: LeaderElector
    private let world: ElectionWorld
    private let leadership = NIOLockedValueBox<Leadership?>(nil)
    private let outcome = NIOLockedValueBox<Result<Void, any Error>?>(nil)
    let overruns = Recorded<Duration>()
    /// Whether its watch was refused and sleeps as well.
    private let hasPausedWatch = NIOLockedValueBox(false)
    /// Stops it as a signal would.
    private let stopping = Latch()

    init(_ name: String, world: ElectionWorld, client: LeaseClient) {
        self.name = name
        self.world = world
        elector = LeaderElector(
            client,
            key: ElectionWorld.key,
            identity: name,
            metrics: metrics,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: clock,
            now: { [clock] in MicroTime(sinceEpoch: .seconds(1_700_000_000) + clock.now.offset) },
            generator: SeededGenerator(seed: 11),
            workOutlivedLeadership: { [overruns, clock] in overruns.append(clock.now.offset) }
        )
    }

    /// What its work was given; `nil` before it has led.
    var given: Leadership? { leadership.withLockedValue { $0 } }
    var mayWrite: Bool { given?.mayWrite ?? false }
    var hasEnded: Bool { outcome.withLockedValue { $0 != nil } }
    /// How it lost; `nil` if it has not.
    var loss: LeadershipLostError.Code? {
        guard case .failure(let error)? = outcome.withLockedValue({ $0 }) else { return nil }
        return (error as? LeadershipLostError)?.code
    }
    var failure: (any Error)? {
        guard case .failure(let error)? = outcome.withLockedValue({ $0 }) else { return nil }
        return error
    }

    func run(_ work: @escaping @Sendable (Leadership) async throws -> Void) async {
        let result: Result<Void, any Error>
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [self] in
                    try await elector.run { [self] leadership in
                        self.leadership.withLockedValue { $0 = leadership }
                        try await work(leadership)
                    }
                }
                group.addTask { [stopping] in
                    await stopping.wait()
                    throw CancellationError()
                }
                // The elector's end, or the wish that it end.
                do {
                    try await group.next()
                    group.cancelAll()
                } catch is CancellationError {
                    group.cancelAll()
                    try await group.next()
                }
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        outcome.withLockedValue { $0 = result }
    }

    /// Asks it to stop, as a signal would.
    func stop() { stopping.open() }

    /// Whether nothing happens until its clock moves or somebody else does something.
    private var isSettled: Bool {
        if hasEnded { return true }
        // Who has not fallen asleep yet would sleep from whenever that is.
        let watchers = hasPausedWatch.withLockedValue { $0 } && !elector.isLeader ? 1 : 0
        guard clock.sleeperCount > watchers else { return false }
        if let until = elector.idleUntil.withLockedValue({ $0 }) { return until > elector.time.now }
        return world.isSilenced(name)
    }

    /// Waits until the refusal of its watch is known, after which that one sleeps for a minute.
    func untilWatchPauses(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try #require(
            await eventually { self.clock.sleeperCount == 2 },
            "the watch of \(name) does not pause",
            sourceLocation: sourceLocation
        )
        hasPausedWatch.withLockedValue { $0 = true }
    }

    func settle(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try #require(
            await eventually { self.isSettled },
            "\(name) does not come to rest",
            sourceLocation: sourceLocation
        )
    }

    /// Lets its clock go on, in steps, and lets it do what is due at each.
    func pass(
        _ duration: Duration,
        step: Duration = .milliseconds(200),
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let end = clock.now.advanced(by: duration)
        try await settle(sourceLocation: sourceLocation)
        while clock.now < end {
            clock.advance(by: min(step, clock.now.duration(to: end)))
            try await settle(sourceLocation: sourceLocation)
        }
    }

    func untilLeads(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try #require(
            await eventually { self.mayWrite },
            "\(name) does not lead",
            sourceLocation: sourceLocation
        )
    }

    func untilEnded(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try #require(
            await eventually { self.hasEnded },
            "\(name) does not end",
            sourceLocation: sourceLocation
        )
    }
}
