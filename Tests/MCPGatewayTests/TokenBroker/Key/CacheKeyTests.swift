// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import OAuth
import OpenSSL
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Cache key")
struct CacheKeyTests {
    /// The members of a tuple as texts, so that they can be cut and changed at will.
    private struct Sample: Hashable {
        var texts: [[UInt8]]
        var tenant: [UInt8]?
        var scopes: [String]
        var credential: Int
        var kind = Kind.assertion

        static func == (left: Sample, right: Sample) -> Bool {
            left.kind == right.kind && left.kind.members.allSatisfy { left.texts[$0] == right.texts[$0] }
                && left.tenant == right.tenant
                && (left.credential == right.credential || left.kind == .forwarding)
                && ScopeList(left.scopes) == ScopeList(right.scopes)
        }

        func hash(into hasher: inout Hasher) { hasher.combine(texts) }

        func key(_ credentials: [CredentialID]) -> CacheKey {
            func text(_ position: Int) -> String { String(decoding: texts[position], as: UTF8.self) }
            let user = UserIdentity(
                issuer: text(0),
                tenant: tenant.map { String(decoding: $0, as: UTF8.self) },
                subject: text(1)
            )
            func peer(_ endpoint: Int, _ client: Int, _ credential: Int) -> TokenPeer {
                TokenPeer(
                    endpoint: text(endpoint),
                    isConfigured: true,
                    client: ClientCredential(clientID: text(client), authentication: .none),
                    credential: credentials[credential]
                )
            }
            let source: TokenSource =
                switch kind {
                case .forwarding:
                    .forwarding(
                        TokenSource.Forwarding(
                            targets: [TokenSource.Forwarding.Target(issuer: text(3), audience: text(4))],
                            requiredAudiences: [text(5)]
                        )
                    )
                case .exchange:
                    .exchange(
                        peer(4, 3, credential),
                        TokenSource.ExchangedToken(
                            connectorID: text(10),
                            issuer: text(8),
                            audiences: [text(5)]
                        )
                    )
                case .assertion:
                    .assertion(
                        provider: peer(4, 3, credential),
                        server: peer(9, 10, 0),
                        TokenSource.Assertion(
                            audience: text(5),
                            sendsResource: true,
                            authServerSendsResource: true,
                            isLenient: false
                        )
                    )
                }
            return CacheKey(
                TokenTuple(
                    identity: SessionIdentity(user: user, session: text(2)),
                    terms: TokenTerms(source, resource: text(6)),
                    scopes: ScopeList(scopes),
                    subjectTokenType: TokenType(rawValue: text(7)),
                    authServerEndpoint: source.peer(.jwtBearer)?.endpoint
                )
            )
        }
    }

    /// The ways in which a token comes about.
    enum Kind: CaseIterable, Sendable {
        case forwarding
        case exchange
        case assertion

        /// The members that it depends on.
        var members: [Int] {
            switch self {
            case .forwarding: [0, 1, 2, 3, 4, 5, 6, 7]
            case .exchange: [0, 1, 2, 3, 4, 5, 6, 7, 8, 10]
            case .assertion: [0, 1, 2, 3, 4, 5, 6, 7, 9, 10]
            }
        }
    }

    private static func credentials() throws -> [CredentialID] {
        let key = ProcessKey { Array(repeating: 7, count: $0) }
        return try ["one", "two", "three"].map { secret in
            let client = ClientCredential(clientID: "c", authentication: .clientSecretBasic(Redacted(secret)))
            return try CredentialID(client, key: key)
        }
    }

    /// Few and awkward: equal to Swift and not as bytes, with separators, empty, and pieces of one another.
    private static let pieces = ["", "a", "b", "ab", "aa", "\u{e9}", "e\u{301}", "\0", "\n", " ", "a b", "|", "0", "1"]

    @Test("Different tuples have different keys, and equal ones the same")
    func noCollision() throws {
        let credentials = try Self.credentials()
        var random = SeededGenerator(seed: 2_026)
        var seen: [CacheKey: Sample] = [:]
        func piece() -> [UInt8] { Array(Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &random)].utf8) }
        for _ in 0..<30_000 {
            let sample = Sample(
                texts: (0..<11).map { _ in Int.random(in: 0..<3, using: &random) == 0 ? piece() : [0x61] },
                tenant: Bool.random(using: &random) ? nil : piece(),
                scopes: (0..<Int.random(in: 0..<3, using: &random)).map { _ in
                    String(decoding: piece(), as: UTF8.self)
                },
                credential: Int.random(in: 0..<3, using: &random),
                kind: Kind.allCases.randomElement(using: &random) ?? .assertion
            )
            let key = sample.key(credentials)
            if let earlier = seen.updateValue(sample, forKey: key) { #expect(earlier == sample) }
            #expect(sample.key(credentials) == key)
        }
        #expect(seen.count > 10_000)
    }

    @Test("Moving a byte from one member to the next gives another key", arguments: Kind.allCases)
    func splits(_ kind: Kind) throws {
        let credentials = try Self.credentials()
        let text = Array("https://a.example/b c".utf8)
        for (member, next) in zip(kind.members, kind.members.dropFirst()) {
            var keys: Set<CacheKey> = []
            for cut in 0...text.count {
                var texts = [[UInt8]](repeating: [], count: 11)
                texts[member] = Array(text[..<cut])
                texts[next] = Array(text[cut...])
                let sample = Sample(texts: texts, tenant: nil, scopes: [], credential: 0, kind: kind)
                keys.insert(sample.key(credentials))
            }
            #expect(keys.count == text.count + 1)
        }
    }

    @Test("Changing any single member changes the key")
    func everyMember() throws {
        let credentials = try Self.credentials()
        var samples: [Sample] = []
        for kind in Kind.allCases {
            let base = Sample(
                texts: Array(repeating: [0x61], count: 11),
                tenant: nil,
                scopes: ["r"],
                credential: 0,
                kind: kind
            )
            samples.append(base)
            for member in kind.members {
                var sample = base
                sample.texts[member] = [0x62]
                samples.append(sample)
            }
            var changes: [(inout Sample) -> Void] = [
                { $0.tenant = [] }, { $0.tenant = [0x61] }, { $0.scopes = [] }, { $0.scopes = ["r", "w"] },
                { $0.scopes = ["r w"] },
            ]
            if kind != .forwarding { changes.append { $0.credential = 1 } }
            for change in changes {
                var sample = base
                change(&sample)
                samples.append(sample)
            }
        }
        #expect(Set(samples.map { $0.key(credentials) }).count == samples.count)
    }

    @Test("The order and repetition of scopes mean nothing")
    func scopeOrder() throws {
        let credentials = try Self.credentials()
        func key(_ scopes: [String]) -> CacheKey {
            Sample(texts: Array(repeating: [0x61], count: 11), tenant: nil, scopes: scopes, credential: 0).key(
                credentials
            )
        }
        #expect(key(["b", "a", "b"]) == key(["a", "b"]))
        #expect(ScopeList(["b", "a", "b"]).text == "a b")
        #expect(ScopeList([]).text == nil)
    }

    @Test("Two spellings of a letter are two scopes, two users and two sessions")
    func spellings() {
        #expect(ScopeList(["\u{e9}"]) != ScopeList(["e\u{301}"]))
        #expect(ScopeList(["\u{e9}", "e\u{301}"]).scopes.count == 2)
        let users = ["\u{e9}", "e\u{301}"].map { UserIdentity(issuer: "i", tenant: nil, subject: $0) }
        #expect(users[0] != users[1])
        #expect(
            SessionIdentity(user: users[0], session: "\u{e9}") != SessionIdentity(user: users[0], session: "e\u{301}")
        )
    }
}

@Suite("Credential ID")
struct CredentialIDTests {
    private let key = ProcessKey { Array(repeating: 1, count: $0) }

    private func id(
        _ authentication: ClientAuthentication,
        client: String = "c",
        key: ProcessKey? = nil
    ) throws -> CredentialID {
        try CredentialID(ClientCredential(clientID: client, authentication: authentication), key: key ?? self.key)
    }

    @Test("It tells client, method, secret and key apart, and nothing else")
    func differences() throws {
        let first = try SigningKey(try PrivateKey.make(.ellipticCurve(.p256)), keyID: "k")
        let second = try SigningKey(try PrivateKey.make(.ellipticCurve(.p256)), keyID: "k")
        let ids = [
            try id(.clientSecretBasic(Redacted("s"))), try id(.clientSecretPost(Redacted("s"))),
            try id(.clientSecretBasic(Redacted("t"))), try id(.clientSecretBasic(Redacted("s")), client: "d"),
            try id(.none), try id(.privateKeyJWT(first, audience: "a")), try id(.privateKeyJWT(second, audience: "a")),
        ]
        #expect(Set(ids).count == ids.count)
        #expect(try id(.clientSecretBasic(Redacted("s"))) == ids[0])
        #expect(try id(.privateKeyJWT(first, audience: "a")) == ids[5])
    }

    @Test("Another process makes others, so none says anything elsewhere")
    func processes() throws {
        let other = ProcessKey { Array(repeating: 2, count: $0) }
        #expect(try id(.clientSecretBasic(Redacted("s"))) != id(.clientSecretBasic(Redacted("s")), key: other))
    }
}
