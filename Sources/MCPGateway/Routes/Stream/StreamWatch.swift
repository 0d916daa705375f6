// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import RouteTable

/// Decides when a route stream counts as dead although its connection stands.
struct StreamWatch: Hashable, Sendable {
    struct Limits: Hashable, Sendable {
        /// The longest time without a line; the operator sends a heartbeat every 15 s.
        var silence = Duration.seconds(45)
        /// The longest time in which a table may arrive.
        var table = Duration.seconds(120)
    }

    enum Verdict: Hashable, Sendable {
        /// Look again after this time, which is not zero.
        case alive(checkAfter: Duration)
        case dead(RouteStreamError)
    }

    private let limits: Limits
    private var heard: Duration
    private var incompleteSince: Duration?

    /// Starts at `now`, when the request is sent and no table is there yet.
    init(_ limits: Limits, at now: Duration) {
        self.limits = limits
        heard = now
        incompleteSince = now
    }

    /// A line has arrived; `isComplete` says whether the table is complete now.
    mutating func heard(at now: Duration, isComplete: Bool) {
        heard = now
        incompleteSince = isComplete ? nil : incompleteSince ?? now
    }

    func verdict(at now: Duration) -> Verdict {
        let silence = heard + limits.silence - now
        guard silence > .zero else {
            return .dead(
                RouteStreamError(
                    .silent,
                    """
                    The route stream was silent for \(limits.silence.components.seconds) s, so it counts as dead. \
                    Check the network between gateway and operator.
                    """
                )
            )
        }
        guard let incompleteSince else { return .alive(checkAfter: silence) }
        let table = incompleteSince + limits.table - now
        guard table > .zero else {
            return .dead(
                RouteStreamError(
                    .incomplete,
                    """
                    The table was not complete \(limits.table.components.seconds) s after it began. Check the load of \
                    the operator and the network.
                    """
                )
            )
        }
        return .alive(checkAfter: min(silence, table))
    }
}
