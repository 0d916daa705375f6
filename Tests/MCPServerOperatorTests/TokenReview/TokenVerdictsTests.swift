// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Testing

@testable import MCPServerOperator

@Suite("Token verdicts")
struct TokenVerdictsTests {
    private static let accepted = TokenVerdicts.Verdict.accepted(
        serviceAccount: ObjectKey(namespace: "a", name: "b"),
        pod: nil,
        expiry: 0
    )
    private static let refused = TokenVerdicts.Verdict.refused(TokenReviewError(.invalid, "no"))

    private static func digest(_ number: Int) -> [UInt8] { Array("\(number)".utf8) }

    @Test("An acceptance counts a minute and a refusal ten seconds, from when it was asked for")
    func lifetimes() {
        var verdicts = TokenVerdicts()
        verdicts.keep(Self.accepted, on: [1], asked: .seconds(5), now: .seconds(9))
        verdicts.keep(Self.refused, on: [2], asked: .seconds(5), now: .seconds(9))
        #expect(verdicts.verdict(on: [1], at: .milliseconds(64_999)) == Self.accepted)
        #expect(verdicts.verdict(on: [1], at: .seconds(65)) == nil)
        #expect(verdicts.verdict(on: [2], at: .milliseconds(14_999)) == Self.refused)
        #expect(verdicts.verdict(on: [2], at: .seconds(15)) == nil)
        #expect(verdicts.verdict(on: [3], at: .zero) == nil)
    }

    @Test("A newer verdict on the same token replaces the older one")
    func replaces() {
        var verdicts = TokenVerdicts()
        verdicts.keep(Self.accepted, on: [1], asked: .zero, now: .zero)
        verdicts.keep(Self.refused, on: [1], asked: .seconds(1), now: .seconds(1))
        #expect(verdicts.verdict(on: [1], at: .seconds(2)) == Self.refused)
        #expect(verdicts.count == 1)
    }

    @Test("Their number is bounded, and refusals do not push acceptances out")
    func bounded() {
        var verdicts = TokenVerdicts()
        for number in 0..<100 { verdicts.keep(Self.accepted, on: Self.digest(number), asked: .zero, now: .zero) }
        for number in 100..<5_000 { verdicts.keep(Self.refused, on: Self.digest(number), asked: .zero, now: .zero) }
        #expect(verdicts.count == TokenVerdicts.capacity)
        #expect((0..<100).allSatisfy { verdicts.verdict(on: Self.digest($0), at: .zero) == Self.accepted })
    }

    @Test("Among acceptances the one that would end first goes")
    func oldest() {
        var verdicts = TokenVerdicts()
        for number in 0...TokenVerdicts.capacity {
            verdicts.keep(Self.accepted, on: Self.digest(number), asked: .milliseconds(number), now: .zero)
        }
        #expect(verdicts.count == TokenVerdicts.capacity)
        #expect(verdicts.verdict(on: Self.digest(0), at: .zero) == nil)
        #expect(verdicts.verdict(on: Self.digest(1), at: .zero) != nil)
    }

    @Test("What has ended makes room first")
    func ended() {
        var verdicts = TokenVerdicts()
        verdicts.keep(Self.accepted, on: Self.digest(-1), asked: .seconds(50), now: .seconds(50))
        for number in 1..<TokenVerdicts.capacity {
            verdicts.keep(Self.refused, on: Self.digest(number), asked: .zero, now: .zero)
        }
        verdicts.keep(Self.refused, on: Self.digest(-2), asked: .seconds(50), now: .seconds(50))
        #expect(verdicts.count == 2)
    }
}
