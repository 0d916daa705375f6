// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import NIOConcurrencyHelpers
import OAuth
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway

/// One test for each row of the table of `RenewalSchedule`, and what follows from them.
@Suite("Renewal")
struct RenewalTests {
    @Test("A token is due in the last twenty-fifth of its life, at a moment of its own; a short one never")
    func moments() {
        let moments = [0.0, 0.5, 1, 7, -1].map { jitter in
            RenewalSchedule.renewal(of: .seconds(10), lifetime: .seconds(100), jitter: jitter)
        }
        #expect(moments == [106, 107.5, 109, 109, 106].map(Duration.seconds))
        #expect(RenewalSchedule.renewal(of: .zero, lifetime: .seconds(19), jitter: 0) == nil)
    }

    @Test("What is due comes out in the order of time, and what nobody wants is dropped")
    func schedule() throws {
        var schedule = RenewalSchedule()
        let keys = (0..<5).map { number in
            CacheKey(
                TokenTuple(
                    identity: SessionIdentity(
                        user: UserIdentity(issuer: "i", tenant: nil, subject: "u\(number)"),
                        session: "s"
                    ),
                    terms: TokenTerms(
                        .forwarding(TokenSource.Forwarding(targets: [], requiredAudiences: [])),
                        resource: "r"
                    ),
                    scopes: ScopeList([]),
                    subjectTokenType: .idToken,
                    authServerEndpoint: nil
                )
            )
        }
        for (key, second) in zip(keys, [5, 1, 4, 2, 3]) { schedule.add(key, at: .seconds(second)) }
        schedule.keep { key, _ in key != keys[3] }
        #expect(schedule.next == .seconds(1))
        #expect(schedule.takeDue(at: .seconds(3)).map(\.key) == [keys[1], keys[4]])
        #expect(schedule.next == .seconds(4) && schedule.count == 2)
    }

    /// The time at which every token of 600 s is due: 570 s may be used, of which the last 25th is for renewal.
    private static let due = Duration.seconds(566)

    /// Lets time pass with all that is due in it.
    private func pass(_ world: BrokerWorld, to time: Duration) async throws {
        try await until("the broker sleeps") { world.clock.sleeperCount > 0 }
        world.clock.advance(by: time - world.clock.now.offset)
    }

    @Test("A token that was used in the last half of its life is renewed, and nobody waits for it")
    func used() async throws {
        try await withWorld { world in
            world.routes([.todo()])
            let session = try world.session()
            let first = try await world.token(session)
            try await pass(world, to: .seconds(300))
            _ = try await world.token(session)
            try await pass(world, to: Self.due)
            try await until("it is renewed") { world.legs == (2, 2) }
            try await until("it is kept") { world.metrics.value("token_broker_renewals_total{outcome=renewed}") == 1 }
            let second = try await world.token(session)
            #expect(first.digest != second.digest && world.legs == (2, 2))
            #expect(second.lifetime > .seconds(560))
        }
    }

    @Test("A token that was not used in the last half of its life ends when it ends")
    func unused() async throws {
        try await withWorld { world in
            world.routes([.todo()])
            _ = try await world.token(try world.session())
            try await pass(world, to: .seconds(200))
            _ = try await world.token(try world.session())
            try await pass(world, to: Self.due)
            try await until("it is skipped") {
                world.metrics.value("token_broker_renewals_total{outcome=skipped}") == 1
            }
            #expect(world.legs == (1, 1))
        }
    }

    @Test("A token that was dropped or replaced meanwhile is not renewed")
    func dropped() async throws {
        try await withWorld { world in
            world.routes([.todo()])
            let session = try world.session()
            _ = try await world.token(session)
            try await pass(world, to: .seconds(300))
            _ = try await world.token(session)
            world.broker.forget(session.identity)
            try await pass(world, to: Self.due)
            try await until("nothing is due") { world.broker.state.withLockedValue { $0.nextRenewal } == nil }
            #expect(world.legs == (1, 1))
        }
    }

    @Test(
        "Nothing is renewed for a route that is gone, or for a user whose own token ends first",
        arguments: [true, false]
    )
    func pointless(routeIsGone: Bool) async throws {
        try await withWorld { world in
            world.routes(routeIsGone ? [] : [.todo()])
            let session = try world.session(lifetime: routeIsGone ? .seconds(3_600) : .seconds(600))
            _ = try await world.token(session)
            try await pass(world, to: .seconds(300))
            _ = try await world.token(session)
            try await pass(world, to: Self.due)
            try await until("it is skipped") {
                world.metrics.value("token_broker_renewals_total{outcome=skipped}") == 1
            }
            #expect(world.legs == (1, 1))
        }
    }

    @Test("Whoever waits for a renewal that is left gets a token all the same")
    func joined() async throws {
        try await withWorld { world in
            let session = try world.session()
            let request = try await world.broker.request(session, .todo(), "c-0")
            let (key, _) = world.broker.state.withLockedValue { $0.key(request) }
            let gate = Gate()
            world.broker.flights.start(key) {
                await gate.wait()
                throw NotRenewed()
            }
            let task = Task { try await world.token(session).token.exposed }
            try await until("somebody waits for it") { world.broker.flights.waiterCount == 1 }
            gate.open()
            #expect(try await task.value.hasPrefix("canary-access-alice"))
            #expect(world.legs == (1, 1))
        }
    }

    @Test("A renewal that fails leaves the old token; a denial takes it away at once")
    func failing() async throws {
        try await withWorld { world in
            world.routes([.todo()])
            let session = try world.session()
            _ = try await world.token(session)
            try await pass(world, to: .seconds(300))
            let first = try await world.token(session)
            world.provider.onExchange { _, number in
                if number == 2 { throw HTTPTransportError(.connectionFailed, "refused") }
                return number == 3 ? refusing("access_denied") : nil
            }
            try await pass(world, to: Self.due)
            try await until("it has failed") {
                world.metrics.value("token_broker_renewals_total{outcome=failed}") == 1
            }
            #expect(try await world.token(session).digest == first.digest)
            try await pass(world, to: .seconds(571))
            #expect(try await world.refusal(session)?.reason == .policyDenied)
        }
    }

    @Test("A denial at renewal takes the token away at once")
    func denied() async throws {
        try await withWorld { world in
            world.routes([.todo()])
            let session = try world.session()
            _ = try await world.token(session)
            try await pass(world, to: .seconds(300))
            _ = try await world.token(session)
            world.provider.onExchange { _, _ in refusing("access_denied") }
            try await pass(world, to: Self.due)
            try await until("it has failed") {
                world.metrics.value("token_broker_renewals_total{outcome=failed}") == 1
            }
            #expect(try await world.refusal(session)?.reason == .policyDenied)
        }
    }
}
