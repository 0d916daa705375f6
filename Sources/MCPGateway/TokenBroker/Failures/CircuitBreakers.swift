// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The breakers of all endpoints; one that never failed is not kept.
struct CircuitBreakers: Sendable {
    /// What an exchange gives back when it ends: a permit for each endpoint.
    typealias Permits = [String: CircuitBreaker.Permit]

    /// Whether an exchange may go out.
    enum Admission: Sendable {
        case pass(Permits)
        case refuse(endpoint: String, wait: Duration)
    }

    private var breakers: BoundedTable<String, CircuitBreaker>

    init(limit: Int) { breakers = BoundedTable(limit: limit) }

    /// The endpoint that an exchange would fail at, and for how long; `nil` if it would go out.
    func refusal(_ endpoints: [String], at now: Duration) -> (endpoint: String, wait: Duration)? {
        for endpoint in endpoints {
            if let wait = breakers[endpoint]?.refusal(at: now) { return (endpoint, wait) }
        }
        return nil
    }

    /// Lets an exchange out to all its endpoints, or to none.
    mutating func admit(_ endpoints: [String], at now: Duration) -> Admission {
        if let refusal = refusal(endpoints, at: now) { return .refuse(endpoint: refusal.endpoint, wait: refusal.wait) }
        var permits: Permits = [:]
        for endpoint in endpoints where permits[endpoint] == nil {
            guard case .pass(let permit) = change(endpoint, { $0.admit(at: now) }) else { continue }
            permits[endpoint] = permit
        }
        return .pass(permits)
    }

    mutating func succeeded(_ endpoint: String, _ permits: Permits) {
        if let permit = permits[endpoint] { change(endpoint) { $0.succeeded(permit) } }
    }

    mutating func gaveUp(_ endpoint: String, _ permits: Permits, at now: Duration) {
        if let permit = permits[endpoint] { change(endpoint) { $0.gaveUp(permit, at: now) } }
    }

    /// Keeps exchanges away from an endpoint.
    ///
    /// - Returns: For how long.
    mutating func failed(
        _ endpoint: String,
        _ permits: Permits,
        asked: Duration?,
        at now: Duration,
        jitter: Double
    ) -> Duration? {
        guard let permit = permits[endpoint] else { return nil }
        return change(endpoint) { $0.failed(permit, asked: asked, at: now, jitter: jitter) }
    }

    /// Until when exchanges are kept away from an endpoint, if nobody asks any more; `nil` if they are not.
    func openUntil(_ endpoint: String) -> Duration? { breakers[endpoint]?.openUntil }

    private mutating func change<Result>(_ endpoint: String, _ body: (inout CircuitBreaker) -> Result) -> Result {
        let known = breakers[endpoint]
        var breaker = known ?? CircuitBreaker()
        // One with a past stays, closed or not: a new one would take the permits of before for its own.
        defer { if known != nil || !breaker.isPristine { breakers.set(breaker, for: endpoint) } }
        return body(&breaker)
    }
}
