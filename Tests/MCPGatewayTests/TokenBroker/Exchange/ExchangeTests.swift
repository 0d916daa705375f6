// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import RouteTable
import TestSupport
import Testing

@testable import MCPGateway
@testable import OAuth

@Suite("Exchange")
struct ExchangeTests {
    /// What an exchange did until it ended.
    private struct Trace {
        var steps: [String] = []
        var assertions: [String] = []
        var failure: ExchangeFailure?
    }

    private static let now = BrokerWorld.epoch

    private func response(_ members: JSONObject) throws -> TokenResponse {
        try TokenAnswer.read(
            status: 200,
            headers: ["Content-Type": "application/json"],
            body: JSONValue.object(members).serialized(),
            secrets: []
        )
    }

    private static func error(_ kind: Int) -> TokenEndpointError {
        let codes = TokenEndpointError.Code.allCases
        let errors = OAuthErrorCode.allCases
        return kind < errors.count
            ? TokenEndpointError(.refused, "no", advice: "", oauthError: errors[kind], status: 400)
            : TokenEndpointError(codes[kind % codes.count], "no", advice: "", status: 500)
    }

    private static let errorKinds = OAuthErrorCode.allCases.count + TokenEndpointError.Code.allCases.count

    /// Goes through an exchange whose every answer is chosen by `next`: an error by its kind, or success.
    private func run(
        _ plan: ExchangePlan,
        _ provider: FakeProvider,
        subject: SubjectToken,
        next: (String) -> Int?
    ) throws -> Trace {
        var trace = Trace()
        var exchange = Exchange(plan: plan, scopes: plan.scopes, subject: subject, start: .zero)
        var action = exchange.start(at: Self.now)
        var serial = 0
        while trace.steps.count < 20 {
            serial += 1
            switch action {
            case .renew:
                trace.steps.append("renew")
                if next("renew") != nil {
                    action = exchange.couldNotRenew(BrokerError(.reauthenticationRequired, "no"), at: Self.now)
                } else {
                    let token = SubjectToken(
                        token: Redacted("renewed-\(serial)"),
                        type: .idToken,
                        expiry: Self.now.advanced(by: .seconds(600))
                    )
                    action = exchange.renewed(token, at: Self.now)
                }
            case .exchange(let request):
                trace.steps.append("exchange")
                if let kind = next("exchange") {
                    action = exchange.exchanged(.failure(Self.error(kind)), at: Self.now)
                    continue
                }
                let assertion = try provider.assertion(
                    sent(request),
                    ["jti": .string("j-\(serial)"), "sub": "alice"]
                )
                action = exchange.exchanged(
                    .success(
                        try response([
                            "access_token": .string(assertion), "token_type": "N_A",
                            "issued_token_type": .string(TokenType.idJAG.rawValue),
                        ])
                    ),
                    at: Self.now
                )
            case .redeem(let request):
                trace.steps.append("redeem")
                trace.assertions.append(request.assertion.exposed)
                if let kind = next("redeem") {
                    action = exchange.redeemed(.failure(Self.error(kind)), at: Self.now)
                } else {
                    action = exchange.redeemed(
                        .success(try response(["access_token": "at", "token_type": "Bearer"])),
                        at: Self.now
                    )
                }
            case .verify:
                trace.steps.append("verify")
                action = exchange.verified(.success(()))
            case .finish:
                trace.steps.append("finish")
                return trace
            case .fail(let failure):
                trace.steps.append("fail")
                trace.failure = failure
                return trace
            }
        }
        return trace
    }

    private func sent(_ request: TokenExchangeRequest) -> SentForm {
        SentForm(parameters: [
            ("audience", request.audience ?? ""), ("resource", request.resource ?? ""), ("scope", request.scope ?? ""),
        ])
    }

    private func withPlan(_ body: (ExchangePlan, FakeProvider) async throws -> Void) async throws {
        try await withWorld { world in
            let request = try await world.broker.request(try world.session(), .todo(), "c-1")
            try await body(request.plan, world.provider)
        }
    }

    private func subject(_ lifetime: Duration = .seconds(600)) -> SubjectToken {
        SubjectToken(token: Redacted("subject"), type: .idToken, expiry: Self.now.advanced(by: lifetime))
    }

    @Test("G09, G11: Whatever the peers answer, an exchange ends, renews once at most, and sends no grant twice")
    func bounded() async throws {
        try await withPlan { plan, provider in
            var random = SeededGenerator(seed: 7)
            for round in 0..<600 {
                let lifetime = Duration.seconds(round % 3 == 0 ? 1 : 600)
                let trace = try run(plan, provider, subject: subject(lifetime)) { _ in
                    Int.random(in: 0..<3, using: &random) == 0
                        ? nil : Int.random(in: 0..<Self.errorKinds, using: &random)
                }
                #expect(["finish", "fail"].contains(trace.steps.last))
                #expect(trace.steps.count { $0 == "renew" } <= 1)
                #expect(trace.steps.count { $0 == "exchange" } <= 3)
                #expect(trace.steps.count { $0 == "redeem" } <= 2)
                #expect(Set(trace.assertions).count == trace.assertions.count)
            }
        }
    }

    @Test("Each error of leg 1 has its end", arguments: OAuthErrorCode.allCases)
    func firstLeg(_ code: OAuthErrorCode) async throws {
        try await withPlan { plan, provider in
            let kind = try #require(OAuthErrorCode.allCases.firstIndex(of: code))
            let trace = try run(plan, provider, subject: subject()) { $0 == "exchange" ? kind : nil }
            let expected: BrokerError.Reason =
                switch code {
                case .invalidGrant, .invalidToken: .reauthenticationRequired
                case .invalidTarget, .accessDenied: .policyDenied
                case .insufficientUserAuthentication, .interactionRequired, .loginRequired, .consentRequired:
                    .stepUpRequired
                case .serverError, .temporarilyUnavailable, .slowDown: .exchangeUnavailable
                default: .serverMisconfigured
                }
            #expect(trace.failure?.error.reason == expected)
            #expect(trace.failure?.error.leg == .tokenExchange)
            #expect(trace.steps.contains("renew") == [.invalidGrant, .invalidToken, .invalidRequest].contains(code))
        }
    }

    @Test("A token that is about to end and cannot be renewed is still sent; one that has ended is not")
    func aboutToEnd() async throws {
        try await withPlan { plan, provider in
            let soon = try run(plan, provider, subject: subject(.seconds(4))) { $0 == "renew" ? 0 : nil }
            #expect(soon.steps == ["renew", "exchange", "redeem", "finish"])
            let ended = try run(plan, provider, subject: subject(.zero)) { $0 == "renew" ? 0 : nil }
            #expect(ended.steps == ["renew", "fail"])
            let good = try run(plan, provider, subject: subject(.seconds(5))) { _ in nil }
            #expect(good.steps == ["exchange", "redeem", "finish"])
        }
    }

    @Test("A step that comes out of turn sends nothing")
    func outOfTurn() async throws {
        try await withPlan { plan, _ in
            var exchange = Exchange(plan: plan, scopes: plan.scopes, subject: subject(), start: .zero)
            guard case .fail(let failure) = exchange.redeemed(.failure(Self.error(0)), at: Self.now) else {
                Issue.record("It goes on")
                return
            }
            #expect(failure.error.cause == "out_of_order")
        }
    }
}
