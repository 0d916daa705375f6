// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Logging
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import MCPServerOperator

@Suite("Provider discovery", .timeLimit(.minutes(10)))
struct ProviderDiscoveryTests {
    static func metadata(_ issuer: String, token: String? = nil) -> IncomingResponse {
        let endpoint = token.map { ",\"token_endpoint\":\"\($0)\"" } ?? ""
        return IncomingResponse(
            status: 200,
            headers: ["Content-Type": "application/json"],
            body: ResponseBody(bytes: Array("{\"issuer\":\"\(issuer)\"\(endpoint)}".utf8))
        )
    }

    static let nobody = ScriptedHTTPClient { _ in IncomingResponse(status: 404) }

    static func discovery(
        _ client: ScriptedHTTPClient,
        restricted: ScriptedHTTPClient = nobody,
        clock: ManualClock = ManualClock(),
        allowsLoopbackHTTP: Bool = false
    ) -> ProviderDiscovery<ManualClock> {
        var trust = TrustConfiguration.corporate
        trust.egress.allowLoopbackHTTP = allowsLoopbackHTTP
        return ProviderDiscovery(
            trust: trust,
            client: client,
            restrictedClient: restricted,
            clock: clock,
            logger: Logger(label: "test")
        )
    }

    @Test("configured issuers and those of resources are asked by clients of their own, both through the proxy")
    func clients() throws {
        let factory = ScriptedHTTPClientFactory(Self.nobody)
        let range = try AddressRange(cidr: "10.0.0.0/8")
        var trust = TrustConfiguration.corporate
        trust.egress = TrustConfiguration.Egress(
            allowPrivate: [range],
            proxy: try HTTPProxy("http://proxy.example:3128")
        )
        _ = try ProviderDiscovery(trust: trust, transport: factory, logger: Logger(label: "test"))
        #expect(factory.configurations.map(\.addresses) == [.unrestricted, .publicAnd([range])])
        #expect(factory.configurations.allSatisfy { $0.proxy == trust.egress.proxy })
    }

    @Test("a configured issuer is asked once, at its OpenID configuration")
    func oneRequest() async throws {
        let client = ScriptedHTTPClient { _ in Self.metadata("https://idp.example", token: "https://idp.example/t") }
        let discovery = Self.discovery(client)
        try await discovery.prime()
        #expect(client.requests.map(\.url) == ["https://idp.example/.well-known/openid-configuration"])
        #expect(
            discovery.configuredIssuers == [
                "https://idp.example": .known(
                    ProviderMetadata(issuer: "https://idp.example", tokenEndpoint: "https://idp.example/t")
                )
            ]
        )
    }

    @Test("after a 404 the OAuth form of the URL is tried, with the issuer's path behind it (RFC 8414 §3.1)")
    func fallback() async throws {
        let client = ScriptedHTTPClient { _ in IncomingResponse(status: 404) }
        let restricted = ScriptedHTTPClient { _ in IncomingResponse(status: 404) }
        let discovery = Self.discovery(client, restricted: restricted)
        _ = try await discovery.metadata(ofResourceIssuer: "https://as.example/tenant/")
        #expect(
            restricted.requests.map(\.url) == [
                "https://as.example/.well-known/oauth-authorization-server/tenant",
                "https://as.example/.well-known/openid-configuration/tenant",
                "https://as.example/tenant/.well-known/openid-configuration",
            ]
        )
        #expect(client.requests.isEmpty)
    }

    @Test(
        "an answer that is not the issuer's own metadata does not count",
        arguments: [
            (200, "{\"issuer\":\"https://evil.example\",\"token_endpoint\":\"https://evil.example/t\"}"),
            (200, "{\"issuer\":\"https://idp.example/\"}"), (200, "{\"token_endpoint\":\"https://idp.example/t\"}"),
            (200, "<html>"), (200, ""),
            (200, "{\"issuer\":\"https://idp.example\",\"token_endpoint\":\"http://idp.example/t\"}"),
            (302, ""), (500, "{\"issuer\":\"https://idp.example\"}"),
            (200, "{\"issuer\":\"https://idp.example\",\"pad\":\"" + String(repeating: "x", count: 1 << 20) + "\"}"),
        ]
    )
    func refused(status: Int, body: String) async throws {
        let client = ScriptedHTTPClient { _ in
            IncomingResponse(
                status: status,
                headers: ["Content-Type": "application/json"],
                body: ResponseBody(bytes: Array(body.utf8))
            )
        }
        let discovery = Self.discovery(client)
        try await discovery.prime()
        guard case .unavailable(let message)? = discovery.configuredIssuers["https://idp.example"] else {
            Issue.record("the answer was taken")
            return
        }
        #expect(message.hasPrefix("Could not read the metadata of 'https://idp.example'"))
    }

    @Test("issuers of resources must use https, or loopback where that is allowed", arguments: [true, false])
    func loopback(isAllowed: Bool) async throws {
        let restricted = ScriptedHTTPClient { _ in Self.metadata("http://127.0.0.1:5000") }
        let discovery = Self.discovery(Self.nobody, restricted: restricted, allowsLoopbackHTTP: isAllowed)
        _ = try await discovery.metadata(ofResourceIssuer: "http://127.0.0.1:5000")
        _ = try await discovery.metadata(ofResourceIssuer: "http://as.example")
        #expect(restricted.requests.count == (isAllowed ? 1 : 0))
    }

    @Test("an issuer of a resource is asked once an hour, and a failure again after 1 s doubling to 30 s")
    func cache() async throws {
        let fails = NIOLockedValueBox(true)
        let restricted = ScriptedHTTPClient { _ in
            guard fails.withLockedValue({ $0 }) else { return Self.metadata("https://as.example") }
            throw HTTPTransportError(.connectionFailed, "Could not connect.")
        }
        let clock = ManualClock()
        let discovery = Self.discovery(Self.nobody, restricted: restricted, clock: clock)
        var waits: [Duration] = []
        for _ in 0..<7 {
            let answer = try await discovery.metadata(ofResourceIssuer: "https://as.example")
            let wait = try #require(answer.retryAfter)
            #expect(try await discovery.metadata(ofResourceIssuer: "https://as.example").retryAfter == wait)
            waits.append(wait)
            clock.advance(by: wait)
        }
        #expect(waits == [1, 2, 4, 8, 16, 30, 30].map(Duration.seconds))
        fails.withLockedValue { $0 = false }
        let count = restricted.requests.count
        for _ in 0..<3 {
            #expect(try await discovery.metadata(ofResourceIssuer: "https://as.example").retryAfter == nil)
        }
        #expect(restricted.requests.count == count + 1)
        clock.advance(by: .seconds(3_600))
        _ = try await discovery.metadata(ofResourceIssuer: "https://as.example")
        #expect(restricted.requests.count == count + 2)
    }

    @Test("a failing configured issuer is tried again, told of when it answers, and never forgotten afterwards")
    func refresh() async throws {
        let fails = NIOLockedValueBox(true)
        let client = ScriptedHTTPClient { _ in
            guard fails.withLockedValue({ $0 }) else { return Self.metadata("https://idp.example") }
            throw HTTPTransportError(.connectionFailed, "Could not connect.")
        }
        let clock = ManualClock()
        let discovery = Self.discovery(client, clock: clock)
        let told = NIOLockedValueBox(0)
        discovery.onChange { _ in told.withLockedValue { $0 += 1 } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await discovery.run() }
            defer { group.cancelAll() }
            try await clock.untilAsleep()
            #expect(told.withLockedValue { $0 } == 1)
            fails.withLockedValue { $0 = false }
            clock.advance(by: .seconds(1))
            try await clock.untilAsleep()
            #expect(told.withLockedValue { $0 } == 2)
            fails.withLockedValue { $0 = true }
            clock.advance(by: .seconds(3_600))
            try await clock.untilAsleep()
            #expect(told.withLockedValue { $0 } == 2)
            guard case .known? = discovery.configuredIssuers["https://idp.example"] else {
                Issue.record("what was known was forgotten")
                return
            }
        }
    }
}

extension ManualClock {
    /// Returns once a task sleeps on this clock.
    func untilAsleep() async throws {
        try #require(await eventually { sleeperCount > 0 })
    }
}
