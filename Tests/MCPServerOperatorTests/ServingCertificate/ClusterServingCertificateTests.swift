// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import HTTPTransport
import JSON
import KubernetesAPI
import KubernetesClient
import Logging
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import MCPServerOperator

@Suite("Serving certificate in a cluster", .timeLimit(.minutes(10)))
struct ClusterServingCertificateTests {
    private static let secret = "secrets/sallyport-operator-tls"
    private static let configMap = "configmaps/sallyport-operator-ca"
    private static let day = Duration.seconds(86_400)

    private let server = VersionedObjects()
    private let clock = ManualClock()
    /// Moved by tests; the clock's time is added to it.
    private let start = NIOLockedValueBox(Duration.seconds(1_800_000_000))

    private func replica(_ logger: Logger = FolderOperatorTests.quiet) throws -> ClusterServingCertificate {
        let client = try ClusterClient(
            configuration: ClusterConfiguration(server: HTTPURL("https://api.example:6443")),
            transport: server,
            userAgent: "sallyport/test",
            clock: SkippingClock(),
            logger: logger,
            metrics: NOOPMetricsHandler.instance
        )
        return ClusterServingCertificate(
            client: client,
            namespace: "sallyport-system",
            time: OperatorTime(clock: clock) { [start, clock] in start.withLockedValue { $0 } + clock.now.offset },
            logger: logger
        )
    }

    private func pass(_ duration: Duration) { start.withLockedValue { $0 += duration } }

    @Test(
        "The first replica makes authority and certificate and publishes the authority, and a second look writes nothing"
    )
    func first() async throws {
        let replica = try replica()
        #expect(replica.current == nil)
        #expect(!replica.readiness.isReady)
        try await replica.refresh()
        let current = try #require(replica.current)
        #expect(current.generation == 1)
        #expect(current.certificateChain == server.text(Self.secret, "tls.crt"))
        #expect(current.privateKey.exposed == server.text(Self.secret, "tls.key"))
        #expect(server.text(Self.configMap, "ca.crt") == server.text(Self.secret, "ca.crt"))
        #expect(server.text(Self.configMap, "ca.key") == nil)
        #expect(replica.readiness == OperatorReadiness(isReady: true, problems: []))

        let writes = server.count("APPLY") + server.count("MERGE")
        try await replica.refresh()
        #expect(server.count("APPLY") + server.count("MERGE") == writes)
        #expect(replica.current == current)
    }

    @Test("Of two replicas that begin at once, one wins and both present its certificate")
    func race() async throws {
        let (one, two) = (try replica(), try replica())
        server.beforeNextPatch { try await two.refresh() }
        try await one.refresh()
        #expect(one.current?.certificateChain == two.current?.certificateChain)
        #expect(one.current?.privateKey == two.current?.privateKey)
        #expect(server.count("MERGE") == 2, "one of them was refused")
        #expect(server.text(Self.configMap, "ca.crt") == server.text(Self.secret, "ca.crt"))
    }

    @Test("Of two replicas that renew at once, one wins and the other adopts its certificate")
    func renewalRace() async throws {
        let (one, two) = (try replica(), try replica())
        try await one.refresh()
        try await two.refresh()
        let before = one.current?.certificateChain
        pass(Self.day * 61)
        server.beforeNextPatch { try await two.refresh() }
        try await one.refresh()
        #expect(one.current?.certificateChain != before)
        #expect(one.current?.certificateChain == two.current?.certificateChain)
        #expect([one.current?.generation, two.current?.generation] == [2, 2])
    }

    @Test("A certificate is renewed when two thirds of its time are over, and another replica notices within a minute")
    func renewal() async throws {
        let (one, two) = (try replica(), try replica())
        try await one.refresh()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await two.run() }
            #expect(await eventually { two.current != nil && clock.sleeperCount == 1 })
            pass(Self.day * 59)
            try await one.refresh()
            #expect(one.current?.generation == 1)
            pass(Self.day * 2)
            try await one.refresh()
            #expect(one.current?.generation == 2)
            #expect(two.current?.generation == 1)
            clock.advance(by: .seconds(60))
            #expect(await eventually { two.current?.generation == 2 })
            #expect(two.current?.certificateChain == one.current?.certificateChain)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test("A new authority is published beside the old one before it signs anything")
    func authorityRotation() async throws {
        let replica = try replica()
        try await replica.refresh()
        let old = try #require(server.text(Self.secret, "ca.crt"))
        pass(Self.day * 1_700)
        try await replica.refresh()
        let next = try #require(server.text(Self.secret, "next-ca.crt"))
        #expect(server.text(Self.configMap, "ca.crt") == old + next)
        #expect(server.text(Self.secret, "ca.crt") == old)
        let served = replica.current?.certificateChain

        try await replica.refresh()
        #expect(replica.current?.certificateChain == served, "readers are given time")
        clock.advance(by: .seconds(3_600))
        try await replica.refresh()
        #expect(replica.current?.certificateChain != served)
        #expect(server.text(Self.secret, "ca.crt") == next)
        #expect(server.text(Self.secret, "next-ca.key") == nil)
        #expect(server.text(Self.configMap, "ca.crt") == next + old)

        pass(Self.day * 126)
        try await replica.refresh()
        #expect(server.text(Self.configMap, "ca.crt") == next, "the old one has expired")
    }

    @Test("While the ConfigMap cannot be written, the certificate is renewed and no new authority signs")
    func unpublished() async throws {
        let replica = try replica()
        try await replica.refresh()
        let old = try #require(server.text(Self.secret, "ca.crt"))
        server.refuse("APPLY configmaps", with: 403)
        pass(Self.day * 1_700)
        for _ in 0..<3 {
            try await replica.refresh()
            clock.advance(by: .seconds(7_200))
        }
        #expect(server.text(Self.secret, "ca.crt") == old)
        #expect(replica.current?.generation == 2)
        #expect(replica.readiness.isReady)
        #expect(replica.readiness.problems.count == 1)
        #expect(replica.readiness.problems.first?.contains("sallyport-system/sallyport-operator-ca") == true)
        server.refuse("APPLY configmaps", with: nil)
        try await replica.refresh()
        #expect(replica.readiness.problems == [])
        #expect(server.text(Self.secret, "ca.crt") == old, "the time for readers begins when it is published")
    }

    @Test("Broken content is repaired, and a deleted Secret begins anew with other authorities")
    func repair() async throws {
        let replica = try replica()
        try await replica.refresh()
        server.edit(Self.secret, "tls.key", "not a key")
        try await replica.refresh()
        #expect(replica.current?.generation == 2)
        #expect(server.text(Self.secret, "tls.key")?.contains("PRIVATE KEY") == true)
        let old = try #require(server.text(Self.secret, "ca.crt"))
        server[Self.secret] = nil
        try await replica.refresh()
        #expect(replica.current?.generation == 3)
        #expect(server.text(Self.configMap, "ca.crt")?.contains(old) == false)
    }

    @Test("A ConfigMap that somebody changed is put right")
    func configMap() async throws {
        let replica = try replica()
        try await replica.refresh()
        let expected = server.text(Self.configMap, "ca.crt")
        var object = try #require(server[Self.configMap])
        object["data"] = ["ca.crt": "another", "other": "kept"]
        server[Self.configMap] = object
        try await replica.refresh()
        #expect(server.text(Self.configMap, "ca.crt") == expected)
    }

    @Test("Without the API server what was good stays, with a problem, until it has expired")
    func outage() async throws {
        let replica = try replica()
        try await replica.refresh()
        server.refuse("GET", with: 403)
        await #expect(throws: APIError.self) { try await replica.refresh() }
        #expect(replica.current?.generation == 1)
        #expect(replica.readiness.isReady)
        #expect(replica.readiness.problems.first?.contains("sallyport-operator-tls") == true)
        pass(Self.day * 91)
        #expect(!replica.readiness.isReady)
        server.refuse("GET", with: nil)
        try await replica.refresh()
        #expect(replica.readiness == OperatorReadiness(isReady: true, problems: []))
        #expect(replica.current?.generation == 2)
    }

    @Test("After a failure the next look comes within seconds")
    func retries() async throws {
        let replica = try replica()
        server.refuse("GET", with: 403)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await replica.run() }
            #expect(await eventually { clock.sleeperCount == 1 })
            #expect(replica.current == nil)
            server.refuse("GET", with: nil)
            clock.advance(by: .seconds(2))
            #expect(await replica.first()?.generation == 1)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test("No key is in a log, in a problem or in a printed certificate")
    func silence() async throws {
        let lines = NIOLockedValueBox<[String]>([])
        let replica = try replica(Logger(label: "test") { _ in LineCollector(lines: lines) })
        try await replica.refresh()
        let names = ["ca.key", "tls.key"]
        var keys = names.compactMap { server.text(Self.secret, $0) }
        server.edit(Self.secret, "ca.key", "canary-7f3a")
        try await replica.refresh()
        keys += names.compactMap { server.text(Self.secret, $0) }
        let output = (lines.withLockedValue { $0 } + ["\(replica.readiness)", String(reflecting: replica.current)])
            .joined()
        #expect(lines.withLockedValue { $0.count } >= 3)
        #expect(output.contains("'ca.key' cannot be used"))
        #expect(!output.contains("canary-7f3a"))
        // What is secret of a PEM block is its lines of base64.
        let secrets = Set(keys.flatMap { $0.split(separator: "\n") }.filter { !$0.hasPrefix("-----") })
        #expect(secrets.count > names.count)
        #expect(!secrets.contains { output.contains($0) })
    }
}

/// Collects every line with its metadata.
struct LineCollector: LogHandler {
    let lines: NIOLockedValueBox<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(lines: NIOLockedValueBox<[String]>) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let text = "\(event.level) \(event.message) \(metadata) \(event.metadata ?? [:])"
        lines.withLockedValue { $0.append(text) }
    }
}
