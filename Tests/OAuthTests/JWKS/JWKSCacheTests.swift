// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import Logging
import NIOConcurrencyHelpers
import OpenSSL
import TestSupport
import Testing

@testable import OAuth

@Suite("JWKS cache")
struct JWKSCacheTests {
    /// An issuer whose keys and failures a test decides about.
    private final class Issuer: Sendable {
        private struct State {
            var names: [String]
            var response: IncomingResponse?
            var isHeld = false
        }
        private let state: NIOLockedValueBox<State>
        private let keys: [String: JWK]
        let client: ScriptedHTTPClient

        init(_ names: String...) throws {
            var keys: [String: JWK] = [:]
            for name in ["a", "b", "c"] {
                keys[name] = try JWK(try PrivateKey.make(.ed25519).publicParameters(), keyID: name)
            }
            self.keys = keys
            let (known, state) = (keys, NIOLockedValueBox(State(names: names)))
            self.state = state
            client = ScriptedHTTPClient { _ in
                while state.withLockedValue({ $0.isHeld }) { try await Task.sleep(for: .milliseconds(1)) }
                let (names, response) = state.withLockedValue { ($0.names, $0.response) }
                return response ?? answer(200, JWKSet(keys: names.compactMap { known[$0] }).json.serializedText())
            }
        }

        func publish(_ names: String...) { state.withLockedValue { $0.names = names } }
        func respond(_ response: IncomingResponse?) { state.withLockedValue { $0.response = response } }
        func hold(_ isHeld: Bool) { state.withLockedValue { $0.isHeld = isHeld } }

        func cache<C: Clock<Duration>>(_ clock: C, _ policy: JWKSCachePolicy = JWKSCachePolicy()) -> JWKSCache<C> {
            JWKSCache(
                documents: DocumentClient(client: client),
                location: { "https://idp.example/keys" },
                clock: clock,
                policy: policy,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
        }
    }

    private func names(_ set: JWKSet) -> [String] { set.keys.compactMap(\.keyID) }

    private func check(
        _ cache: JWKSCache<ManualClock>,
        _ keyID: String?,
        has expected: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let found = names(try await cache.keys(forKeyID: keyID))
        #expect(found == expected, sourceLocation: sourceLocation)
    }

    private static func hasKeys(_ cache: JWKSCache<ManualClock>) async -> Bool {
        do {
            _ = try await cache.keys(forKeyID: "a")
            return true
        } catch { return false }
    }

    /// Runs the cache beside the body, and ends it with it.
    private func running<C: Clock<Duration>>(
        _ cache: JWKSCache<C>,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // Cancelled when the body has ended.
                do { try await cache.run() } catch is CancellationError {}
            }
            try await body()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test("A thousand callers at once cause one request")
    func singleFlight() async throws {
        let issuer = try Issuer("a")
        issuer.hold(true)
        let cache = issuer.cache(ManualClock())
        try await running(cache) {
            try await withThrowingTaskGroup(of: JWKSet.self) { group in
                for _ in 0..<1_000 { group.addTask { try await cache.keys(forKeyID: "a") } }
                #expect(await eventually { !issuer.client.requests.isEmpty })
                issuer.hold(false)
                for try await keys in group { #expect(names(keys) == ["a"]) }
            }
        }
        #expect(issuer.client.requests.count == 1)
        #expect(issuer.client.requests.first?.url == "https://idp.example/keys")
    }

    @Test("A rotated key is fetched when a token names it, and a flood of unknown ones causes no more")
    func rotation() async throws {
        let (issuer, clock) = (try Issuer("a"), ManualClock())
        let cache = issuer.cache(clock)
        try await running(cache) {
            try await check(cache, "a", has: ["a"])
            issuer.publish("b")
            // The first one is fetched for, as nobody was before; then callers get what there is.
            try await check(cache, "b", has: ["b"])
            issuer.publish("c")
            for number in 0..<1_000 { try await check(cache, "\(number)", has: ["b"]) }
            #expect(issuer.client.requests.count == 2)
            clock.advance(by: .seconds(30))
            try await check(cache, "c", has: ["c"])
            for number in 0..<1_000 { try await check(cache, "\(number)", has: ["c"]) }
            #expect(issuer.client.requests.count == 3)
        }
    }

    @Test("Keys are refreshed without anybody asking")
    func background() async throws {
        let (issuer, clock) = (try Issuer("a"), ManualClock())
        let cache = issuer.cache(clock)
        try await running(cache) {
            try await check(cache, nil, has: ["a"])
            issuer.publish("a", "b")
            #expect(await eventually { clock.sleeperCount == 1 })
            clock.advance(by: .seconds(900))
            #expect(await eventually { issuer.client.requests.count == 2 })
            #expect(await eventually { clock.sleeperCount == 1 })
            try await check(cache, "b", has: ["a", "b"])
        }
    }

    @Test(
        "Through an outage the last good keys serve, whatever comes instead of keys",
        arguments: [
            answer(503, ""), answer(200, "<html>", ["Content-Type": "text/html"]), answer(200, "{}"),
            answer(200, #"{"keys":[]}"#), answer(404, ""),
            answer(302, "", ["Location": "http://169.254.169.254/"]),
            answer(200, #"{"keys":[{"kty":"oct","k":"AA"}]}"#),
            answer(200, #"{"keys":["# + String(repeating: "{},", count: 200) + "{}]}"),
        ]
    )
    func outage(response: IncomingResponse) async throws {
        let (issuer, clock) = (try Issuer("a"), ManualClock())
        let cache = issuer.cache(clock)
        try await running(cache) {
            try await check(cache, "a", has: ["a"])
            issuer.respond(response)
            clock.advance(by: .seconds(40))
            try await check(cache, "b", has: ["a"])
            #expect(issuer.client.requests.count == 2)
            issuer.respond(nil)
            #expect(await eventually { clock.sleeperCount == 1 })
            clock.advance(by: .seconds(1))
            #expect(await eventually { issuer.client.requests.count == 3 })
        }
    }

    @Test("Without keys the failure is told, and it is not the token's fault")
    func noKeys() async throws {
        let (issuer, clock) = (try Issuer("a"), ManualClock())
        issuer.respond(answer(503, ""))
        let cache = issuer.cache(clock)
        try await running(cache) {
            let error = try await #require(throws: JWKSError.self) { try await cache.keys(forKeyID: "a") }
            #expect(error.message.contains("503"))
            await #expect(throws: JWKSError.self) { try await cache.keys(forKeyID: "a") }
            #expect(issuer.client.requests.count == 1)
            issuer.respond(nil)
            #expect(await eventually { clock.sleeperCount == 1 })
            clock.advance(by: .seconds(1))
            #expect(await eventually { await Self.hasKeys(cache) })
        }
    }

    @Test("A caller waits no longer than its limit, even if nobody fetches; and no more than the limit wait at once")
    func bounds() async throws {
        let (issuer, clock) = (try Issuer("a"), ManualClock())
        let cache = issuer.cache(clock, JWKSCachePolicy(longestWait: .seconds(15), waiterLimit: 1))
        let waiting = Task { try await cache.keys(forKeyID: "a") }
        #expect(await eventually { clock.sleeperCount == 1 })
        let error = try await #require(throws: JWKSError.self) { try await cache.keys(forKeyID: "a") }
        #expect(error.message.contains("too many"))
        clock.advance(by: .seconds(15))
        await #expect(throws: JWKSError.self) { try await waiting.valueInTime() }
        let cancelled = Task { try await cache.keys(forKeyID: "a") }
        #expect(await eventually { clock.sleeperCount == 1 })
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.valueInTime() }
        #expect(clock.sleeperCount == 0)
        #expect(issuer.client.requests.isEmpty)
    }

    @Test("A caller who gives up does not end the fetch for the others")
    func cancelledLeader() async throws {
        let issuer = try Issuer("a")
        issuer.hold(true)
        let cache = issuer.cache(ManualClock())
        try await running(cache) {
            let leader = Task { try await cache.keys(forKeyID: "a") }
            #expect(await eventually { !issuer.client.requests.isEmpty })
            let follower = Task { try await cache.keys(forKeyID: "a") }
            leader.cancel()
            await #expect(throws: CancellationError.self) { try await leader.valueInTime() }
            issuer.hold(false)
            let keys = try await follower.valueInTime()
            #expect(names(keys) == ["a"])
        }
        #expect(issuer.client.requests.count == 1)
    }

    @Test("An http place of keys is not asked")
    func insecure() async throws {
        let issuer = try Issuer("a")
        let cache = JWKSCache(
            documents: DocumentClient(client: issuer.client),
            location: { "http://idp.example/keys" },
            clock: ManualClock(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await running(cache) {
            await #expect(throws: JWKSError.self) { try await cache.keys(forKeyID: "a") }
        }
        #expect(issuer.client.requests.isEmpty)
    }
}
