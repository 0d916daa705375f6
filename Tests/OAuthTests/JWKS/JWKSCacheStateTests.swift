// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import OpenSSL
import Testing

@testable import OAuth

@Suite("JWKS cache decisions")
struct JWKSCacheStateTests {
    private static func keys(_ names: String...) throws -> JWKSet {
        JWKSet(keys: try names.map { try JWK(try PrivateKey.make(.ed25519).publicParameters(), keyID: $0) })
    }

    private static func name(_ verdict: JWKSCacheState.Verdict) -> String {
        switch verdict {
        case .use(let keys): keys.keys.compactMap(\.keyID).joined(separator: ",")
        case .wait(let startsFetch): startsFetch ? "fetch" : "wait"
        case .fail: "fail"
        }
    }

    @Test("Keys are fetched at once, refreshed after a quarter of an hour, and found meanwhile")
    func refresh() throws {
        var state = JWKSCacheState(policy: JWKSCachePolicy())
        #expect(state.pause(at: .zero) == .zero)
        #expect(Self.name(state.verdict(keyID: "a", at: .zero)) == "fetch")
        state.start()
        #expect(Self.name(state.verdict(keyID: "a", at: .zero)) == "wait")
        state.finish(.success(try Self.keys("a")), at: .seconds(1))
        #expect(Self.name(state.verdict(keyID: "a", at: .seconds(2))) == "a")
        #expect(Self.name(state.verdict(keyID: nil, at: .seconds(2))) == "a")
        #expect(state.pause(at: .seconds(2)) == .seconds(899))
        #expect(state.pause(at: .seconds(5_000)) == .zero)
    }

    @Test("A key ID that is not known brings a fetch at most every 30 s, and strangers get what there is")
    func unknownKeys() throws {
        var state = JWKSCacheState(policy: JWKSCachePolicy())
        state.start()
        state.finish(.success(try Self.keys("a")), at: .zero)
        // A fetch that nobody asked for keeps nobody waiting: keys may have been rotated right after it.
        #expect(Self.name(state.verdict(keyID: "b", at: .zero)) == "fetch")
        state.start()
        state.finish(.success(try Self.keys("a")), at: .zero)
        for millisecond in [0, 1, 15_000, 29_999] {
            #expect(Self.name(state.verdict(keyID: "b", at: .milliseconds(millisecond))) == "a")
            #expect(state.pause(at: .milliseconds(millisecond)) > .zero)
        }
        #expect(Self.name(state.verdict(keyID: "b", at: .seconds(30))) == "fetch")
        #expect(state.pause(at: .seconds(30)) == .zero)
        state.start()
        #expect(Self.name(state.verdict(keyID: "c", at: .seconds(30))) == "wait")
        // Known keys do not wait for it.
        #expect(Self.name(state.verdict(keyID: "a", at: .seconds(30))) == "a")
        state.finish(.success(try Self.keys("a", "b")), at: .seconds(31))
        #expect(Self.name(state.verdict(keyID: "b", at: .seconds(31))) == "a,b")
        #expect(Self.name(state.verdict(keyID: "c", at: .milliseconds(59_999))) == "a,b")
        // A failed attempt counts as well.
        #expect(Self.name(state.verdict(keyID: "c", at: .seconds(61))) == "fetch")
        state.start()
        state.finish(.failure(JWKSError("x")), at: .seconds(61))
        #expect(Self.name(state.verdict(keyID: "c", at: .seconds(90))) == "a,b")
    }

    @Test("The last good keys serve through an outage of a day, while attempts back off to 30 s")
    func outage() throws {
        var state = JWKSCacheState(policy: JWKSCachePolicy())
        state.start()
        state.finish(.success(try Self.keys("a")), at: .zero)
        var now = Duration.seconds(900)
        var pauses: [Duration] = []
        for _ in 0..<8 {
            state.start()
            state.finish(.failure(JWKSError("x")), at: now)
            pauses.append(state.pause(at: now))
            now += .seconds(60)
        }
        #expect(pauses == [1, 2, 4, 8, 16, 30, 30, 30].map(Duration.seconds))
        #expect(Self.name(state.verdict(keyID: "a", at: .seconds(86_399))) == "a")
        #expect(Self.name(state.verdict(keyID: "a", at: .seconds(86_400))) == "fail")
        #expect(throws: JWKSError.self) { _ = try state.outcome(at: .seconds(86_400)) }
        state.start()
        #expect(Self.name(state.verdict(keyID: "a", at: .seconds(86_400))) == "wait")
        state.finish(.success(try Self.keys("b")), at: .seconds(86_401))
        #expect(Self.name(state.verdict(keyID: "b", at: .seconds(86_401))) == "b")
        #expect(state.pause(at: .seconds(86_401)) == .seconds(900))
    }

    @Test("Without any keys a failure is told at once, and nobody brings the next attempt forward")
    func noKeys() throws {
        var state = JWKSCacheState(policy: JWKSCachePolicy())
        state.start()
        state.finish(.failure(JWKSError("x")), at: .zero)
        for _ in 0..<100 { #expect(Self.name(state.verdict(keyID: "a", at: .milliseconds(500))) == "fail") }
        #expect(state.pause(at: .milliseconds(500)) == .milliseconds(500))
    }

    @Test("A key that the issuer withdrew is gone with the next fetch")
    func withdrawn() throws {
        var state = JWKSCacheState(policy: JWKSCachePolicy())
        state.start()
        state.finish(.success(try Self.keys("a", "b")), at: .zero)
        state.start()
        state.finish(.success(try Self.keys("b")), at: .seconds(900))
        #expect(Self.name(state.verdict(keyID: nil, at: .seconds(901))) == "b")
    }
}
