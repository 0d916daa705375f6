// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable

/// What one gateway has answered, in a byte a route: there may be a hundred gateways with ten thousand routes each.
struct GatewayRecord: Sendable {
    enum Answer: UInt8, Sendable {
        case none
        case applied
        case rejected
    }

    struct Refusal: Hashable, Sendable {
        var reason: String
        var message: String
    }

    /// When it was first heard of.
    let joined: Duration
    /// When it last said anything.
    var lastReport: Duration
    /// When it last said, or was last asked to say, everything.
    var lastFull: Duration
    /// By the route's slot; about the newest version alone.
    private var answers: [Answer]
    private var refusals: [Int: Refusal] = [:]
    /// Since when it has been without an answer, where that is not since the version was published or it joined.
    private var behind: [Int: Duration] = [:]
    /// Its latest answers about versions that are not the newest ones here: a gateway that reads from another replica
    /// may be ahead of this one.
    private(set) var strays: [RouteKey: GatewayReport.Entry] = [:]

    init(joined: Duration, slots: Int) {
        self.joined = joined
        lastReport = joined
        lastFull = joined
        answers = Array(repeating: .none, count: slots)
    }

    /// What it does with the newest version of the route in that slot.
    func answer(_ slot: Int) -> Answer { answers.indices.contains(slot) ? answers[slot] : .none }

    /// Why it refuses that version.
    func refusal(_ slot: Int) -> Refusal? { refusals[slot] }

    /// Since when it has been without the newest version of a route that has been published since `published`.
    func isBehindSince(_ slot: Int, published: Duration) -> Duration { behind[slot] ?? max(joined, published) }

    /// There is a new version, or a first one.
    mutating func expect(_ key: RouteKey, _ version: String, in slot: Int, since former: Duration?, now: Duration) {
        while answers.count <= slot { answers.append(.none) }
        if let former, answers[slot] == .none {
            behind[slot] = isBehindSince(slot, published: former)
        } else {
            behind[slot] = nil
        }
        answers[slot] = .none
        refusals[slot] = nil
        if let stray = strays[key], stray.version == version {
            strays[key] = nil
            record(stray.outcome, in: slot)
        }
    }

    /// There is no route in that slot any more.
    mutating func forget(_ slot: Int) {
        if answers.indices.contains(slot) { answers[slot] = .none }
        refusals[slot] = nil
        behind[slot] = nil
    }

    /// Takes its answer about the newest version.
    ///
    /// - Returns: Whether that is news.
    @discardableResult
    mutating func record(_ outcome: GatewayReport.Outcome, in slot: Int) -> Bool {
        guard answers.indices.contains(slot) else { return false }
        let before = (answers[slot], refusals[slot])
        behind[slot] = nil
        switch outcome {
        case .applied:
            answers[slot] = .applied
            refusals[slot] = nil
        case .rejected(let reason, let message):
            answers[slot] = .rejected
            refusals[slot] = Refusal(reason: reason, message: message)
        }
        return before != (answers[slot], refusals[slot])
    }

    /// It does not hold the newest version, or not any more.
    ///
    /// - Returns: Whether it did until now.
    mutating func lose(_ slot: Int, now: Duration) -> Bool {
        guard answer(slot) != .none else { return false }
        answers[slot] = .none
        refusals[slot] = nil
        behind[slot] = now
        return true
    }

    /// Remembers an answer about a version that is not the newest one here.
    mutating func keep(_ stray: GatewayReport.Entry) { strays[stray.key] = stray }

    mutating func dropStray(_ key: RouteKey) { strays[key] = nil }

    mutating func dropStrays() { strays = [:] }
}
