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

@Suite("Token reviewer", .timeLimit(.minutes(10)))
struct TokenReviewerTests {
    private static let gateway = "system:serviceaccount:sallyport-system:sallyport-gateway"
    private static let gatewayKey = ObjectKey(namespace: "sallyport-system", name: "sallyport-gateway")

    private let server = ReviewServer()
    private let clock = ManualClock()
    private let lines = NIOLockedValueBox<[String]>([])
    private let reviewer: TokenReviewer

    init() throws {
        let logger = Logger(label: "test") { [lines] _ in LineCollector(lines: lines) }
        let client = try ClusterClient(
            configuration: ClusterConfiguration(server: HTTPURL("https://api.example:6443")),
            transport: server,
            userAgent: "sallyport/test",
            clock: SkippingClock(),
            logger: logger,
            metrics: NOOPMetricsHandler.instance
        )
        reviewer = TokenReviewer(
            client: client,
            audience: "routes",
            serviceAccounts: [Self.gatewayKey],
            cryptography: .openSSL,
            time: OperatorTime(clock: clock) { [clock] in .seconds(1_800_000_000) + clock.now.offset },
            logger: logger
        )
    }

    private func present(_ token: String) async -> Result<ReviewedReader, TokenReviewError> {
        do throws(TokenReviewError) {
            return .success(try await reviewer.reader(presenting: Redacted(token)))
        } catch {
            return .failure(error)
        }
    }

    private func code(_ token: String) async -> TokenReviewError.Code? {
        guard case .failure(let error) = await present(token) else { return nil }
        return error.code
    }

    @Test("A gateway's token is reviewed for our audience, and tells account, pod and lifetime")
    func accepts() async {
        server.accept(Self.gateway, pod: "sallyport-gateway-abc")
        let token = FakeToken.make()
        let expected = ReviewedReader(
            serviceAccount: Self.gatewayKey,
            pod: "sallyport-gateway-abc",
            lifetime: .seconds(3_600)
        )
        #expect(await present(token) == .success(expected))
        #expect(server.bodies.map { $0["spec"] } == [["token": .string(token), "audiences": ["routes"]]])
        #expect(server.bodies.first?["apiVersion"] == "authentication.k8s.io/v1")
    }

    @Test(
        "An answer without our audience is a refusal, whatever else it says",
        arguments: [[], ["other"]] as [[JSONValue]]
    )
    func audience(audiences: [JSONValue]) async {
        server.accept(Self.gateway, audiences: audiences)
        #expect(await code(FakeToken.make()) == .invalid)
    }

    @Test("A token that the API server does not accept is invalid")
    func refused() async {
        server.answer(["authenticated": false, "error": "[invalid bearer token, canary-7f3a]"])
        #expect(await code(FakeToken.make()) == .invalid)
        server.answer([:])
        #expect(await code(FakeToken.make(id: "2")) == .invalid)
    }

    @Test(
        "Only the service accounts on the list may read",
        arguments: [
            "system:serviceaccount:sallyport-system:other", "system:serviceaccount:other:sallyport-gateway",
            "kubernetes-admin",
            "system:serviceaccount:sallyport-system:sallyport-gateway:x", "system:serviceaccount:sallyport-gateway", "",
            "system:node:sallyport-system:sallyport-gateway",
        ]
    )
    func allowList(username: String) async {
        server.accept(username)
        #expect(await code(FakeToken.make()) == .notAllowed)
    }

    @Test("A token that cannot be good is refused without asking the API server")
    func refusesEarly() async {
        server.accept(Self.gateway)
        #expect(await code("") == .invalid)
        #expect(await code("opaque") == .invalid)
        #expect(await code(FakeToken.make(audience: ["https://kubernetes.default.svc"])) == .invalid)
        #expect(await code(FakeToken.make(audience: nil)) == .invalid)
        #expect(await code(FakeToken.make(expiry: .integer(1_800_000_000))) == .invalid)
        #expect(server.bodies == [])
    }

    @Test("An acceptance is asked for again after a minute, and no later")
    func acceptedAgain() async {
        server.accept(Self.gateway)
        _ = await present(FakeToken.make())
        clock.advance(by: .milliseconds(59_999))
        #expect(await code(FakeToken.make()) == nil)
        #expect(server.bodies.count == 1)
        server.answer(["authenticated": false])
        clock.advance(by: .milliseconds(1))
        #expect(await code(FakeToken.make()) == .invalid)
        #expect(server.bodies.count == 2)
    }

    @Test("A refusal is asked about again after ten seconds")
    func refusedAgain() async {
        server.answer(["authenticated": false])
        #expect(await code(FakeToken.make()) == .invalid)
        server.accept(Self.gateway)
        clock.advance(by: .milliseconds(9_999))
        #expect(await code(FakeToken.make()) == .invalid)
        clock.advance(by: .milliseconds(1))
        #expect(await code(FakeToken.make()) == nil)
    }

    @Test("The lifetime shrinks while a verdict is kept, ends with the token, and is never more than a day")
    func lifetime() async throws {
        server.accept(Self.gateway)
        let short = FakeToken.make(expiry: .integer(1_800_000_030))
        #expect(try await present(short).get().lifetime == .seconds(30))
        clock.advance(by: .seconds(10))
        #expect(try await present(short).get().lifetime == .seconds(20))
        clock.advance(by: .seconds(20))
        #expect(await code(short) == .invalid)
        let long = FakeToken.make(expiry: .integer(1_900_000_000))
        #expect(try await present(long).get().lifetime == .seconds(86_400))
    }

    @Test("Without the API server a token reviewed within the last minute passes, and others are told to come again")
    func outage() async {
        server.accept(Self.gateway)
        _ = await present(FakeToken.make())
        server.fail(503)
        clock.advance(by: .seconds(59))
        #expect(await code(FakeToken.make()) == nil)
        #expect(await code(FakeToken.make(id: "2")) == .unavailable)
        clock.advance(by: .seconds(1))
        #expect(await code(FakeToken.make()) == .unavailable)
        server.accept(Self.gateway)
        #expect(await code(FakeToken.make(id: "2")) == nil, "an outage is not remembered as a refusal")
    }

    @Test("A missing right is told as what it is")
    func forbidden() async {
        server.fail(403)
        guard case .failure(let error) = await present(FakeToken.make()) else { return #expect(Bool(false)) }
        #expect(error.code == .unavailable)
        #expect(error.message.contains("tokenreviews"))
    }

    @Test("Many that present one token at once share one review")
    func singleFlight() async {
        server.accept(Self.gateway)
        server.hold(true)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 { group.addTask { await self.code(FakeToken.make()) == nil } }
            #expect(await eventually { server.bodies.count == 1 })
            server.hold(false)
            for await isAccepted in group { #expect(isAccepted) }
        }
        #expect(server.bodies.count == 1)
    }

    @Test("One caller that gives up does not fail the others")
    func cancellation() async {
        server.accept(Self.gateway)
        server.hold(true)
        let first = Task { await self.code(FakeToken.make()) }
        #expect(await eventually { server.bodies.count == 1 })
        let second = Task { await self.code(FakeToken.make()) }
        first.cancel()
        server.hold(false)
        #expect(await second.value == nil)
        _ = await first.value
    }

    @Test("A silent API server is given ten seconds")
    func silence() async {
        server.hold(true)
        let answer = Task { await self.code(FakeToken.make()) }
        #expect(await eventually { server.bodies.count == 1 && clock.sleeperCount == 1 })
        clock.advance(by: .seconds(10))
        // The scripted server answers no cancellation while it holds, so it must let go.
        server.hold(false)
        #expect(await answer.value == .unavailable)
    }

    @Test("So many tokens at once are too many, and those that are known still pass")
    func busy() async {
        server.accept(Self.gateway)
        _ = await present(FakeToken.make(id: "known"))
        server.hold(true)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<TokenReviewer.maximumReviews {
                group.addTask { _ = await self.present(FakeToken.make(id: "\(number)")) }
            }
            let expected = TokenReviewer.maximumReviews + 1
            #expect(await eventually { server.bodies.count == expected })
            #expect(await code(FakeToken.make(id: "more")) == .unavailable)
            #expect(await code(FakeToken.make(id: "known")) == nil)
            server.hold(false)
        }
        #expect(await code(FakeToken.make(id: "more")) == nil)
    }

    @Test("No part of a token is in a log or an error")
    func silenceAboutTokens() async {
        let token = FakeToken.make()
        let parts = token.split(separator: ".").map(String.init)
        var output: [String] = []
        for prepare in [
            { server.answer(["authenticated": false, "error": "canary-7f3a"]) },
            { server.accept("system:serviceaccount:a:b") },
            { server.fail(500) },
        ] as [() -> Void] {
            prepare()
            clock.advance(by: .seconds(10))
            output.append("\(await present(token))")
        }
        output += lines.withLockedValue { $0 }
        #expect(output.count >= 6)
        #expect(!output.joined().contains("canary-7f3a"))
        #expect(!parts.contains { output.joined().contains($0) })
    }
}
