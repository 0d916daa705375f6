// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import OAuth
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

@Suite("Step-up of scopes")
struct StepUpTests {
    private func stepUp(
        _ world: BrokerWorld,
        _ scopes: Set<String>,
        _ token: BrokeredToken,
        _ session: Session,
        _ route: VersionedRoute = .todo()
    ) async throws -> BrokeredToken {
        try await world.broker.stepUp(
            to: scopes,
            insteadOf: token,
            for: session,
            route: route,
            correlationID: "c-2"
        )
    }

    private func refusal(
        _ world: BrokerWorld,
        _ scopes: Set<String>,
        _ token: BrokeredToken,
        _ session: Session
    ) async throws -> BrokerError? {
        do {
            _ = try await stepUp(world, scopes, token, session)
            return nil
        } catch let error as BrokerError { return error }
    }

    @Test("G07: what a server demands is joined with what the token had, and remembered")
    func union() async throws {
        try await withWorld { world in
            let session = try world.session()
            let first = try await world.token(session)
            let second = try await stepUp(world, ["write"], first, session)
            #expect(second.scopes == ["read", "write"])
            #expect(world.provider.exchanges.map { $0["scope"] } == ["read", "read write"])
            #expect(world.authServer.redemptions.last?["scope"] == "read write")
            #expect(try await world.token(session).token == second.token)
            // A request that was under way with the old token takes the new one.
            #expect(try await stepUp(world, ["write"], first, session).token == second.token)
            #expect(world.legs == (2, 2))
        }
    }

    @Test("G08: a server gets at most three step-ups in ten minutes")
    func cap() async throws {
        try await withWorld { world in
            let session = try world.session()
            var token = try await world.token(session)
            for scope in ["write", "admin", "audit"] { token = try await stepUp(world, [scope], token, session) }
            #expect(try await refusal(world, ["export"], token, session)?.cause == "too_often")
            #expect(world.audit.reasons == [.insufficientScope])
            #expect(world.legs == (4, 4))
            // The control: it is how often that is refused, and not the scope.
            world.clock.advance(by: .seconds(600))
            _ = try await stepUp(world, ["export"], token, session)
            #expect(world.legs == (5, 5))
        }
    }

    @Test(
        "G08: A server gets no scope that its resource does not allow",
        arguments: [["root"], ["write", "root"], [], ["Write"]]
    )
    func notAllowed(_ scopes: [String]) async throws {
        try await withWorld { world in
            let session = try world.session()
            let token = try await world.token(session)
            #expect(try await refusal(world, Set(scopes), token, session)?.cause == "not_allowed")
            #expect(world.legs == (1, 1))
        }
    }

    @Test("G08: A scope that was asked for and not granted is not asked for again")
    func notGranted() async throws {
        try await withWorld { world in
            let session = try world.session()
            let first = try await world.token(session)
            world.provider.changeAssertions(["scope": "read"])
            let second = try await stepUp(world, ["write"], first, session)
            #expect(second.scopes == ["read"])
            #expect(try await refusal(world, ["write"], second, session)?.cause == "not_granted")
            #expect(world.legs == (2, 2))
        }
    }

    @Test("A scope that the provider does not know is refused, and the token of before serves on")
    func invalidScope() async throws {
        try await withWorld { world in
            let session = try world.session()
            let first = try await world.token(session)
            world.provider.onExchange { form, _ in form["scope"] == "read" ? nil : refusing("invalid_scope") }
            let error = try #require(try await refusal(world, ["write"], first, session))
            #expect(error.reason == .insufficientScope && error.cause == "invalid_scope")
            #expect(try await world.token(session).token == first.token)
            #expect(world.legs == (2, 1))
        }
    }

    @Test("One session's step-up gives another session nothing")
    func ownSession() async throws {
        try await withWorld { world in
            let session = try world.session()
            _ = try await stepUp(world, ["write"], try await world.token(session), session)
            _ = try await world.token(try world.session(session: "s2"))
            #expect(world.provider.exchanges.last?["scope"] == "read")
        }
    }
}

@Suite("Step-up ledger")
struct StepUpLedgerTests {
    private let key = StepUpLedger.Key(
        identity: SessionIdentity(user: UserIdentity(issuer: "i", tenant: nil, subject: "s"), session: "1"),
        server: .team("todo")
    )
    private let base = ScopeList(["read"])
    private let more = ScopeList(["write", "admin"])

    @Test("A scope that the resource no longer allows is no longer asked for")
    func withdrawn() {
        var ledger = StepUpLedger()
        #expect(
            ledger.demand(key, ScopeList(["write"]), held: base, base: base, stepUp: more, at: .zero)
                == .obtain(ScopeList(["read", "write"]))
        )
        #expect(ledger.scopes(key, base: base, stepUp: more).text == "read write")
        #expect(ledger.scopes(key, base: base, stepUp: ScopeList(["admin"])).text == "read")
    }

    @Test("A step-up that is taken back still counts")
    func reverted() {
        var ledger = StepUpLedger()
        for _ in 0..<StepUpLedger.attemptLimit {
            _ = ledger.demand(key, ScopeList(["write"]), held: base, base: base, stepUp: more, at: .zero)
            ledger.revert(key)
        }
        #expect(ledger.scopes(key, base: base, stepUp: more) == base)
        #expect(ledger.demand(key, ScopeList(["write"]), held: base, base: base, stepUp: more, at: .zero) == .tooOften)
    }

    @Test("It is bounded")
    func bounded() {
        var ledger = StepUpLedger(limit: 10)
        for number in 0..<100 {
            var key = key
            key.server = .team("t\(number)")
            _ = ledger.demand(key, ScopeList(["write"]), held: base, base: base, stepUp: more, at: .zero)
        }
        #expect(ledger.count == 10)
    }
}
