// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import NIOConcurrencyHelpers
import OpenSSL
import TestSupport
import Testing

@testable import JOSE
@testable import MCPGateway
@testable import OAuth

/// Keys that are served, or are out of reach, and count how often they were asked for.
private final class CountedKeys: IssuerKeys {
    private let state: NIOLockedValueBox<(keys: JWKSet?, count: Int)>

    init(_ keys: JWKSet?) { state = NIOLockedValueBox((keys, 0)) }

    var count: Int { state.withLockedValue { $0.count } }

    func keys(forKeyID keyID: String?) async throws -> JWKSet {
        let keys = state.withLockedValue { state in
            state.count += 1
            return state.keys
        }
        guard let keys else { throw JWKSError("out of reach") }
        return keys
    }
}

@Suite("Bearer authentication")
struct BearerAuthenticatorTests {
    private let clock = ManualClock()
    private let provider: FakeProvider
    private let keys: CountedKeys
    private let authenticator: BearerAuthenticator

    init() throws {
        let now: @Sendable () -> NumericDate = { [clock] in BrokerWorld.epoch.advanced(by: clock.now.offset) }
        provider = try FakeProvider(now: now)
        let keys = CountedKeys(JWKSet(keys: [provider.key.publicKey]))
        self.keys = keys
        authenticator = BearerAuthenticator(
            trust: .sample,
            keys: { $0 == FakeProvider.issuer ? keys : nil },
            wallClock: now,
            limits: BearerAuthenticator.Limits(tokens: 10),
            logger: RecordedLogs().logger()
        )
    }

    private func refusal(_ token: Redacted<String>?) async throws -> AuthenticationError? {
        do {
            _ = try await authenticator.authenticate(token)
            return nil
        } catch let error as AuthenticationError { return error }
    }

    @Test("A good token makes a session that is named by issuer, subject and sign-in, and not by the token")
    func session() async throws {
        let token = try provider.idToken("alice", ["tenant": "t1"])
        let session = try await authenticator.authenticate(token)
        #expect(session.identity.user == UserIdentity(issuer: FakeProvider.issuer, tenant: "t1", subject: "alice"))
        #expect(session.idToken == token)
        #expect(session.idTokenExpiry == BrokerWorld.epoch.advanced(by: .seconds(3_600)))
        let renewed = try await authenticator.authenticate(try provider.idToken("alice", ["tenant": "t1"]))
        #expect(renewed.idToken != token && renewed.identity == session.identity)
    }

    @Test("A signature is checked once, and again only after the token has been pushed out or forgotten")
    func verdictCache() async throws {
        let token = try provider.idToken("alice")
        for _ in 0..<100 { _ = try await authenticator.authenticate(token) }
        #expect(keys.count == 1)
        for number in 0..<10 { _ = try await authenticator.authenticate(try provider.idToken("u\(number)")) }
        let session = try await authenticator.authenticate(token)
        #expect(keys.count == 12)
        authenticator.forget(session.identity)
        _ = try await authenticator.authenticate(token)
        #expect(keys.count == 13)
    }

    @Test("A token that is remembered ends when it says, with the leeway of a token that is not")
    func expiry() async throws {
        let token = try provider.idToken("alice", lifetime: .seconds(60))
        _ = try await authenticator.authenticate(token)
        clock.advance(by: .seconds(60))
        _ = try await authenticator.authenticate(token)
        #expect(keys.count == 2)
        clock.advance(by: .seconds(30))
        #expect(try await refusal(token)?.code == .expired)
    }

    @Test("What is wrong with a token decides nothing but how it is refused")
    func refusals() async throws {
        let stranger = try FakeProvider(now: { BrokerWorld.epoch })
        let good = try provider.idToken("alice")
        let cases: [(Redacted<String>?, AuthenticationError.Code)] = [
            (nil, .missing), (Redacted(""), .missing), (Redacted("opaque"), .malformed),
            (Redacted(String(repeating: "a", count: 20_000)), .malformed),
            (try provider.idToken("alice", ["iss": "https://idp.example/"]), .unknownIssuer),
            (try provider.idToken("alice", ["iss": "https://other.example"]), .unknownIssuer),
            (try provider.idToken("alice", ["iss": .null]), .unknownIssuer),
            (try provider.idToken("alice", ["aud": "somebody"]), .wrongAudience),
            (try provider.idToken("alice", ["aud": "SALLYPORT"]), .wrongAudience),
            (try stranger.idToken("alice"), .badSignature),
            (Redacted(good.exposed.dropLast(6) + "AAAAAA"), .badSignature),
            (try provider.idToken("alice", lifetime: .seconds(-31)), .unacceptable),
            (try provider.idToken("alice", ["iat": .integer(BrokerWorld.epoch.seconds + 31)]), .unacceptable),
            (try provider.idToken("alice", ["nbf": .integer(BrokerWorld.epoch.seconds + 31)]), .unacceptable),
            (try provider.idToken("alice", ["sub": .null]), .unacceptable),
            (try provider.idToken("alice", ["events": [:]]), .unacceptable),
            (try provider.idToken("alice", ["exp": .null]), .unacceptable),
            (
                try JWTSigner(key: provider.key, type: "at+jwt").sign(["iss": .string(FakeProvider.issuer)]),
                .unacceptable
            ),
        ]
        for (token, code) in cases {
            let error = try #require(try await refusal(token))
            #expect(error.code == code || (code == .unacceptable && error.code == .expired))
            #expect(error.retryAfter == nil)
            let challenge = try #require(Refusal(error, Self.challenge).challenge)
            #expect(challenge.hasSuffix("resource_metadata=\"https://gw.example/m\", scope=\"openid\""))
            #expect(challenge.contains("invalid_token") == (code != .missing))
            if let token, token.exposed.count > 8 { #expect(!"\(error)".contains(token.exposed.suffix(8))) }
        }
        // The control.
        #expect(try await refusal(good) == nil)
    }

    private static let challenge = ChallengeWriter(resourceMetadata: "https://gw.example/m", scope: "openid")

    @Test("A token that is not for us does not make us ask for keys")
    func noKeysForStrangers() async throws {
        _ = try await refusal(try provider.idToken("alice", ["aud": "somebody"]))
        _ = try await refusal(try provider.idToken("alice", lifetime: .seconds(-100)))
        _ = try await refusal(try provider.idToken("alice", ["iss": "https://other.example"]))
        #expect(keys.count == 0)
    }

    @Test("A provider that is away is told as such, with no challenge to sign in again")
    func unavailable() async throws {
        let away = BearerAuthenticator(
            trust: .sample,
            keys: { _ in CountedKeys(nil) },
            wallClock: { BrokerWorld.epoch },
            logger: RecordedLogs().logger()
        )
        let error = await #expect(throws: AuthenticationError.self) {
            try await away.authenticate(try provider.idToken("alice"))
        }
        #expect(error?.code == .providerUnavailable)
        #expect(error?.retryAfter == .seconds(5))
        let refusal = Refusal(try #require(error), Self.challenge)
        #expect(refusal.status == 503 && refusal.challenge == nil)
    }

    @Test("Without a session ID, when and how the user signed in names the session")
    func sessionName() async throws {
        func name(_ claims: JSONObject, session: String? = nil) async throws -> String {
            try await authenticator.authenticate(try provider.idToken("alice", session: session, claims)).identity
                .session
        }
        let base: JSONObject = ["auth_time": 1_899_999_000, "acr": "strong", "amr": ["pwd", "otp"]]
        let first = try await name(base)
        #expect(try await name(base) == first)
        for change in [
            ["auth_time": 1_899_999_001], ["acr": "weak"], ["amr": ["pwd"]], ["amr": ["pwdotp"]], ["acr": .null],
        ] as [JSONObject] {
            var claims = base
            for (key, value) in change { claims[key] = value }
            #expect(try await name(claims) != first)
        }
        #expect(try await name(base, session: "s1") == "sid:s1")
    }

    @Test("Another tenant's user of the same name is another user")
    func tenants() async throws {
        let tokens = try [JSONObject(), ["tenant": "t1"], ["tenant": "t2"]].map { try provider.idToken("alice", $0) }
        var identities: Set<SessionIdentity> = []
        for token in tokens { identities.insert(try await authenticator.authenticate(token).identity) }
        #expect(identities.count == 3)
        #expect(try await refusal(provider.idToken("alice", ["tenant": 5]))?.code == .unacceptable)
    }
}
