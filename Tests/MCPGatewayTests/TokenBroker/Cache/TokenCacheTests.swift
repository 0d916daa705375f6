// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import OAuth
import Testing

@testable import MCPGateway

@Suite("Token cache")
struct TokenCacheTests {
    private func key(_ number: Int) throws -> CacheKey { CacheKey(tuple(number)) }

    private func tuple(_ number: Int) -> TokenTuple {
        TokenTuple(
            identity: identity(number),
            terms: Self.terms,
            scopes: ScopeList([]),
            subjectTokenType: .idToken,
            authServerEndpoint: "t"
        )
    }

    private static let terms = TokenTerms(
        .forwarding(TokenSource.Forwarding(targets: [], requiredAudiences: ["a"])),
        resource: "r"
    )

    private func identity(_ number: Int) -> SessionIdentity {
        SessionIdentity(user: UserIdentity(issuer: "i", tenant: nil, subject: "u\(number)"), session: "s")
    }

    private func entry(
        _ number: Int,
        token: String? = nil,
        lifetime: Duration = .seconds(100)
    ) throws -> TokenCache.Entry {
        TokenCache.Entry(
            token: BrokeredToken(
                token: Redacted(token ?? "t\(number)"),
                scopes: [],
                requestedScopes: ScopeList([]),
                lifetime: lifetime
            ),
            session: Session(
                identity: identity(number),
                idToken: Redacted("i"),
                idTokenExpiry: NumericDate(seconds: 2_000_000_000)
            ),
            server: .team("todo"),
            terms: Self.terms,
            authServerEndpoint: "t",
            obtainedAt: .zero,
            validUntil: lifetime,
            usedAt: .zero
        )
    }

    @Test("A token is given out until it ends, with what is left of its life")
    func lifetime() throws {
        var cache = TokenCache()
        cache.insert(try entry(1), for: try key(1))
        #expect(cache.token(try key(1), cap: nil, at: .seconds(99))?.lifetime == .seconds(1))
        #expect(cache.token(try key(2), cap: nil, at: .zero) == nil)
        #expect(cache.token(try key(1), cap: nil, at: .seconds(100)) == nil)
        #expect(cache.count == 0 && cache.bytes == 0)
    }

    @Test("A cap counts from when the token was obtained")
    func cap() throws {
        var cache = TokenCache()
        cache.insert(try entry(1), for: try key(1))
        #expect(cache.token(try key(1), cap: .seconds(60), at: .seconds(50))?.lifetime == .seconds(10))
        #expect(cache.token(try key(1), cap: .seconds(60), at: .seconds(60)) == nil)
    }

    @Test("Beyond the count, the token that was not used for the longest time goes")
    func countLimit() throws {
        var cache = TokenCache(limits: TokenCache.Limits(count: 3))
        for number in 1...3 { cache.insert(try entry(number), for: try key(number)) }
        _ = cache.token(try key(1), cap: nil, at: .zero)
        cache.insert(try entry(4), for: try key(4))
        #expect(cache.count == 3)
        #expect(cache.token(try key(2), cap: nil, at: .zero) == nil)
        #expect(cache.token(try key(1), cap: nil, at: .zero) != nil)
        cache.drop { _ in true }
        #expect(cache.count == 0 && cache.bytes == 0)
    }

    @Test("Beyond the bytes, tokens go until the rest fits, and one that never fits is not kept")
    func byteLimit() throws {
        var cache = TokenCache(limits: TokenCache.Limits(bytes: 10_000))
        for number in 1...100 { cache.insert(try entry(number), for: try key(number)) }
        #expect(cache.bytes <= 10_000 && cache.count > 5 && cache.count < 20)
        cache.insert(try entry(200, token: String(repeating: "x", count: 20_000)), for: try key(200))
        #expect(cache.token(try key(200), cap: nil, at: .zero) == nil)
        #expect(cache.count > 5)
        cache.drop { _ in true }
        #expect(cache.count == 0 && cache.bytes == 0)
    }

    @Test("A token is dropped by its digest, and not the one that took its place")
    func dropping() throws {
        var cache = TokenCache()
        let old = try entry(1)
        cache.insert(old, for: try key(1))
        cache.insert(try entry(1, token: "new"), for: try key(1))
        #expect(!cache.drop(try key(1), digest: old.token.digest))
        #expect(cache.token(try key(1), cap: nil, at: .zero)?.token.exposed == "new")
    }
}

@Suite("Token lifetime")
struct TokenLifetimeTests {
    private let now = NumericDate(seconds: 1_900_000_000)

    private func usable(
        stated: Duration?,
        token: String = "opaque",
        subject: Duration? = nil,
        cap: Duration? = nil
    ) -> Duration {
        TokenLifetime.usable(
            Redacted(token),
            stated: stated,
            subjectExpiry: subject.map(now.advanced),
            cap: cap,
            at: now
        )
    }

    private func jwt(expiringIn seconds: Int64) -> String {
        let payload = JSONValue.object(["exp": .integer(now.seconds + seconds)]).serialized()
        return "eyJhbGciOiJFUzI1NiJ9.\(Base64URL.encode(payload)).\(Base64URL.encode([1]))"
    }

    @Test("It is the least of all that is known, less a margin")
    func least() {
        #expect(usable(stated: .seconds(600)) == .seconds(570))
        #expect(usable(stated: .seconds(600), token: jwt(expiringIn: 300)) == .seconds(270))
        #expect(usable(stated: .seconds(600), subject: .seconds(200)) == .seconds(170))
        #expect(usable(stated: .seconds(600), cap: .seconds(400)) == .seconds(370))
        #expect(usable(stated: .seconds(40)) == .seconds(30))
    }

    @Test("A server that says nothing vouches for five minutes at most")
    func unsaid() {
        #expect(usable(stated: nil) == .seconds(270))
        #expect(usable(stated: nil, subject: .seconds(3_600), cap: .seconds(900)) == .seconds(270))
        #expect(usable(stated: nil, subject: .seconds(100)) == .seconds(75))
        #expect(usable(stated: nil, token: jwt(expiringIn: 3_600)) == .seconds(3_570))
    }

    @Test("What has ended is not kept")
    func ended() {
        #expect(usable(stated: .zero) <= .zero)
        #expect(usable(stated: .seconds(600), token: jwt(expiringIn: -5)) <= .zero)
        #expect(usable(stated: .seconds(600), subject: .seconds(-1)) <= .zero)
    }
}
