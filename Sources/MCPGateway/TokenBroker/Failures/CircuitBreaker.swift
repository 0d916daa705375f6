// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Timing

/// Keeps requests away from an endpoint that fails, and finds out with one of them when it works again.
///
/// | state | event | next state |
/// |---|---|---|
/// | closed | a request | closed; it goes out |
/// | closed | a success, or a request that was given up | closed |
/// | closed | a failure | open: as long as the endpoint asked for, else 1 s, doubling to 30 s |
/// | open | a request before the end | open; it is refused |
/// | open | a request after the end | half-open; it goes out as the probe |
/// | half-open | a request | half-open; it is refused |
/// | half-open | the probe succeeds | closed |
/// | half-open | the probe fails | open, for longer |
/// | half-open | the probe is given up, or is not heard of for a minute | open, and the next request is the probe |
/// | any | the end of a request from before the last change | the same |
///
/// Doubling starts over after a success, and after a minute in which nobody asked.
struct CircuitBreaker: Sendable {
    /// What a request is told.
    enum Admission: Hashable, Sendable {
        case pass(Permit)
        /// It would fail for that long.
        case refuse(Duration)
    }

    /// What a request gives back when it ends.
    struct Permit: Hashable, Sendable {
        fileprivate var period: UInt64
    }

    private enum State: Hashable, Sendable {
        case closed
        case open(until: Duration)
        case halfOpen(since: Duration)
    }

    /// What an endpoint may ask for at most.
    static let longestRetryAfter = Duration.seconds(300)
    static let firstPause = Duration.seconds(1)
    static let longestPause = Duration.seconds(30)
    /// How long a probe may take, and how long after a pause the next failure still counts as one in a row.
    static let patience = Duration.seconds(60)

    private var state = State.closed
    private var failures = 0
    /// Grows with each change of state, so that requests from before change nothing.
    private var period: UInt64 = 0

    /// Whether there is nothing to remember.
    var isPristine: Bool { state == .closed && failures == 0 }

    /// Until when requests are kept away, if nobody asks any more; `nil` if they are not.
    var openUntil: Duration? {
        switch state {
        case .closed: nil
        case .open(let until): until + Self.patience
        case .halfOpen(let since): since + Self.patience
        }
    }

    /// For how long a request would be refused; `nil` if it would go out.
    func refusal(at now: Duration) -> Duration? {
        switch state {
        case .closed: nil
        case .open(let until): now < until ? until - now : nil
        case .halfOpen(let since): now < since + Self.patience ? Self.firstPause : nil
        }
    }

    /// Lets a request out, or not.
    mutating func admit(at now: Duration) -> Admission {
        if let wait = refusal(at: now) { return .refuse(wait) }
        if case .open(let until) = state, now >= until + Self.patience { failures = 0 }
        if state != .closed { change(to: .halfOpen(since: now)) }
        return .pass(Permit(period: period))
    }

    mutating func succeeded(_ permit: Permit) {
        guard permit.period == period else { return }
        failures = 0
        if state != .closed { change(to: .closed) }
    }

    /// Opens.
    ///
    /// - Parameters:
    ///   - permit: Of the request that failed.
    ///   - asked: What the endpoint asked for, if it did.
    ///   - now: The time.
    ///   - jitter: From 0 to 1: how much of a quarter the pause is shortened by, so that replicas spread.
    /// - Returns: For how long.
    mutating func failed(_ permit: Permit, asked: Duration?, at now: Duration, jitter: Double) -> Duration {
        guard permit.period == period else { return refusal(at: now) ?? Self.firstPause }
        failures = min(failures + 1, 32)
        let pause =
            asked.map { min(max($0, .zero), Self.longestRetryAfter) }
            ?? DoublingDelay.after(failures, first: Self.firstPause, longest: Self.longestPause)
            * (1 - min(max(jitter, 0), 1) / 4)
        change(to: .open(until: now + pause))
        return pause
    }

    /// Takes a request back that says nothing about the endpoint.
    mutating func gaveUp(_ permit: Permit, at now: Duration) {
        guard permit.period == period, case .halfOpen = state else { return }
        change(to: .open(until: now))
    }

    private mutating func change(to next: State) {
        state = next
        period &+= 1
    }
}
