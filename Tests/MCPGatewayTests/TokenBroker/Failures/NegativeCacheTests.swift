// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import OAuth
import OpenSSL
import Testing

@testable import MCPGateway

@Suite("Negative cache")
struct NegativeCacheTests {
    private static let alice = UserIdentity(issuer: "i", tenant: nil, subject: "alice")
    private static let bob = UserIdentity(issuer: "i", tenant: nil, subject: "bob")
    private static let error = BrokerError(.policyDenied, "no")

    private static func credential(_ secret: String) -> CredentialID {
        let client = ClientCredential(clientID: "c", authentication: .clientSecretBasic(Redacted(secret)))
        do { return try CredentialID(client, key: ProcessKey { Array(repeating: 7, count: $0) }) } catch {
            fatalError("OpenSSL has HMAC")
        }
    }

    private static func circumstances(
        _ user: UserIdentity = alice,
        server: String = "todo",
        subject: UInt8 = 1,
        secret: String = "s",
        version: String = "1",
        endpoints: [String] = ["idp", "as"]
    ) -> NegativeCache.Circumstances {
        NegativeCache.Circumstances(
            caller: Caller(user: user, server: .team(server)),
            subjectDigest: SHA256.Digest(of: [subject]),
            version: version,
            peers: endpoints.map { NegativeCache.Peer(endpoint: $0, credential: credential(secret)) }
        )
    }

    /// One row of the design's table.
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var memory: FailureMemory
        var length: Duration
        /// Who is concerned besides the one it happened to.
        var concerned: [NegativeCache.Circumstances]
        var others: [NegativeCache.Circumstances]
    }

    static let rows = [
        Row(
            testDescription: "denial",
            memory: .denial,
            length: .seconds(10),
            concerned: [circumstances(subject: 2, secret: "t", version: "2")],
            others: [circumstances(bob), circumstances(server: "other")]
        ),
        Row(
            testDescription: "subject token",
            memory: .subject(digest: SHA256.Digest(of: [1])),
            length: .seconds(86_400),
            concerned: [circumstances(secret: "t", version: "2")],
            others: [circumstances(subject: 2), circumstances(bob), circumstances(server: "other")]
        ),
        Row(
            testDescription: "credential",
            memory: .credential(credential("s"), endpoint: "as"),
            length: .seconds(30),
            concerned: [circumstances(bob, server: "other", subject: 2, version: "2")],
            others: [circumstances(secret: "t"), circumstances(endpoints: ["idp", "other"])]
        ),
        Row(
            testDescription: "an attempt",
            memory: .attempt(digest: SHA256.Digest(of: [1]), version: "1"),
            length: .seconds(1),
            concerned: [circumstances(secret: "t")],
            others: [
                circumstances(bob), circumstances(server: "other"), circumstances(subject: 2),
                circumstances(version: "2"),
            ]
        ),
    ]

    @Test("Each failure is remembered for as long and for those that the table says", arguments: rows)
    func table(_ row: Row) {
        var cache = NegativeCache()
        let own = Self.circumstances()
        #expect(cache.refusal(for: own, at: .zero) == nil)
        let length = cache.record(Self.error, as: row.memory, for: own.caller, at: .seconds(5), jitter: 0)
        #expect(length == row.length)
        for concerned in [own] + row.concerned {
            #expect(cache.refusal(for: concerned, at: .seconds(5))?.retryAfter == row.length)
        }
        for other in row.others { #expect(cache.refusal(for: other, at: .seconds(5)) == nil) }
        #expect(cache.refusal(for: own, at: .seconds(5) + row.length - .nanoseconds(1)) != nil)
        #expect(cache.refusal(for: own, at: .seconds(5) + row.length) == nil)
    }

    @Test("What is not to be remembered is not")
    func nothing() {
        var cache = NegativeCache()
        let own = Self.circumstances()
        for memory in [FailureMemory.nothing, .endpoint("as", wait: nil)] {
            #expect(cache.record(Self.error, as: memory, for: own.caller, at: .zero, jitter: 0) == nil)
        }
        #expect(cache.count == 0)
    }

    @Test("Pauses double to half a minute, and jitter only shortens them")
    func doubling() {
        for (jitter, factor) in [(0.0, 1.0), (1.0, 0.75), (7.0, 0.75), (-1.0, 1.0)] {
            var cache = NegativeCache()
            let own = Self.circumstances()
            var now = Duration.zero
            for expected in [1, 2, 4, 8, 16, 30, 30] as [Double] {
                let length = cache.record(
                    Self.error,
                    as: .attempt(digest: SHA256.Digest(of: [1]), version: "1"),
                    for: own.caller,
                    at: now,
                    jitter: jitter
                )
                #expect(length == .seconds(expected * factor))
                now += length ?? .zero
            }
        }
    }

    @Test("Doubling starts over after a success, and a minute after the last pause")
    func startingOver() {
        let own = Self.circumstances()
        func second(_ between: (inout NegativeCache) -> Duration) -> Duration? {
            var cache = NegativeCache()
            let memory = FailureMemory.attempt(digest: SHA256.Digest(of: [1]), version: "1")
            cache.record(Self.error, as: memory, for: own.caller, at: .zero, jitter: 0)
            let now = between(&cache)
            return cache.record(Self.error, as: memory, for: own.caller, at: now, jitter: 0)
        }
        #expect(second { _ in .seconds(60) } == .seconds(2))
        #expect(second { _ in .seconds(61) } == .seconds(1))
        #expect(
            second { cache in
                cache.succeeded(own)
                return .seconds(2)
            } == .seconds(1)
        )
    }

    @Test("A caller who tries again is let through, and what concerns everybody stays")
    func forgetting() {
        var cache = NegativeCache()
        let own = Self.circumstances()
        let bob = Self.circumstances(Self.bob)
        for caller in [own.caller, bob.caller] {
            cache.record(Self.error, as: .denial, for: caller, at: .zero, jitter: 0)
            cache.record(Self.error, as: .subject(digest: SHA256.Digest(of: [1])), for: caller, at: .zero, jitter: 0)
        }
        cache.forget(own.caller)
        #expect(cache.refusal(for: own, at: .zero) == nil)
        #expect(cache.refusal(for: bob, at: .zero) != nil)
        let credential = Self.credential("s")
        cache.record(Self.error, as: .credential(credential, endpoint: "as"), for: own.caller, at: .zero, jitter: 0)
        cache.forget(own.caller)
        cache.forget(Self.alice)
        #expect(cache.refusal(for: own, at: .zero) != nil)
    }

    @Test("It is bounded, and the oldest goes first")
    func bounded() {
        var cache = NegativeCache(limit: 100)
        for number in 0..<1_000 {
            let caller = Caller(user: Self.alice, server: .team("s\(number)"))
            cache.record(Self.error, as: .denial, for: caller, at: .zero, jitter: 0)
        }
        #expect(cache.count == 100)
        #expect(cache.refusal(for: Self.circumstances(server: "s0"), at: .zero) == nil)
        #expect(cache.refusal(for: Self.circumstances(server: "s999"), at: .zero) != nil)
    }
}
