// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import MCPServerAPI

/// What `Programmed` is to say about a server whose route is published, or why nothing is to be written yet.
///
/// Pure. A gateway that is behind for less than ``tolerance`` is not worth a word; a new spec is written about once,
/// when every gateway has answered or has had that long; and nothing counts against a route in the quiet period.
struct ProgrammedDecision: Hashable, Sendable {
    /// `nil`: nothing is to be written yet, whatever else has changed.
    var condition: ConditionState?
    /// Goes with the condition.
    var gateways: MCPServerStatus.Gateways?
    /// When to decide again, although nothing happens.
    var recheck: Duration?

    /// How long a gateway may take for a new version.
    static let tolerance = Duration.seconds(2)

    /// Decides from how far the route has come and from what the condition says so far.
    static func decide(_ progress: RouteProgress?, previous: Condition?, generation: Int64) -> ProgrammedDecision {
        guard let progress else { return ProgrammedDecision(condition: .withheld) }
        let before = previous.flatMap(Before.init)
        let isKnown = before?.generation == generation
        if !progress.laggards.isEmpty, !isKnown, progress.age < tolerance {
            return ProgrammedDecision(recheck: tolerance - progress.age)
        }
        var decision = ProgrammedDecision(
            condition: candidate(progress, after: before?.state),
            gateways: MCPServerStatus.Gateways(
                programmed: Int64(progress.programmed),
                total: Int64(progress.gateways)
            ),
            recheck: progress.laggards.map { tolerance - $0.lag }.filter { $0 > .zero }.min()
        )
        if let before, isKnown, !progress.laggards.isEmpty, progress.late.isEmpty {
            decision.condition = before.state
        }
        // Nobody has used it, nobody refuses it, and nobody is late.
        if decision.condition == nil { return decision }
        if let before, progress.quiet > .zero, before.state != decision.condition,
            before.outlasts(decision.condition, isKnown: isKnown)
        {
            decision.condition = before.state
            decision.recheck = min(decision.recheck ?? progress.quiet, progress.quiet)
        }
        return decision
    }

    /// Says of a route that gateways keep from before what was said then.
    ///
    /// - Returns: `nil` if nothing was.
    static func kept(_ previous: Condition?) -> ProgrammedDecision? {
        previous.flatMap(Before.init).map { ProgrammedDecision(condition: $0.state) }
    }

    /// What the gateways have said by now.
    private static func candidate(_ progress: RouteProgress, after before: ConditionState?) -> ConditionState? {
        if progress.gateways == 0 { return .noGateway }
        let said =
            !progress.rejections.isEmpty
            ? progress.rejections.map(ConditionState.rejected)
            : !progress.late.isEmpty
                ? progress.laggards.map { ConditionState.lagging($0.gateway) }
                : progress.programmed > 0 ? [.published] : []
        // Of several gateways the one that has been named before stays, so that others change nothing.
        if let before, said.contains(before) { return before }
        if progress.rejections.isEmpty, let late = progress.late.first { return .lagging(late.gateway) }
        return said.first
    }

    /// What gateways were the reason for until now.
    private struct Before {
        var state: ConditionState
        var generation: Int64

        init?(_ condition: Condition) {
            guard let reason = ConditionReason(rawValue: condition.reason), reason.isAboutGateways,
                reason.status == condition.status
            else { return nil }
            state = ConditionState(reason, condition.message)
            generation = condition.observedGeneration
        }

        /// Whether it stays in the quiet period, because the gateways that would say so may not have reported yet.
        func outlasts(_ candidate: ConditionState?, isKnown: Bool) -> Bool {
            guard let candidate else { return true }
            if state.status == .true { return candidate.status != .true }
            if candidate.reason == .noGateway { return true }
            return isKnown && (state.reason == .gatewayLagging || state.reason == .gatewayRejected)
        }
    }
}

extension RouteProgress {
    /// The gateways that have been behind for too long.
    fileprivate var late: [Laggard] { laggards.filter { $0.lag >= ProgrammedDecision.tolerance } }

    /// How long until the first gateway that is behind has been so for too long; `nil` if there is nothing to wait for.
    var untilLate: Duration? {
        laggards.isEmpty ? nil : laggards.map { max(ProgrammedDecision.tolerance - $0.lag, .zero) }.min()
    }
}

extension ConditionReason {
    /// Whether gateways decide it, by what they say or by their absence.
    fileprivate var isAboutGateways: Bool {
        switch self {
        case .published, .gatewayLagging, .gatewayRejected, .noGateway: true
        default: false
        }
    }
}

extension ConditionState {
    fileprivate static let withheld = ConditionState(
        .withheld,
        "No route is published, because the server is not accepted or not resolved."
    )

    fileprivate static let noGateway = ConditionState(
        .noGateway,
        "The route is ready, and no gateway is connected to take it. Start a gateway, and check that it reaches the "
            + "operator's route stream."
    )

    /// Without a number: gateways come and go, and their number alone is no reason to write.
    fileprivate static let published = ConditionState(.published, "Every gateway serves the route.")

    fileprivate static func lagging(_ gateway: String) -> ConditionState {
        ConditionState(
            .gatewayLagging,
            "Gateway '\(gateway)' has not taken over the newest version of the route. Wait a moment; if it stays so, "
                + "look at the gateway's log, and check that it reaches the operator's route stream."
        )
    }

    fileprivate static func rejected(_ rejection: RouteProgress.Rejection) -> ConditionState {
        let words = [rejection.reason, rejection.message].map(\.printable).filter { !$0.isEmpty }
        let quoted = words.isEmpty ? "." : ": \(words.joined(separator: ": "))"
        let end = quoted.hasSuffix(".") ? "" : "."
        return ConditionState(
            .gatewayRejected,
            "Gateway '\(rejection.gateway)' refuses the route\(quoted)\(end) Compare its configuration with the "
                + "operator's; they should be the same file."
        )
    }
}

extension String {
    /// On one line and without control characters, whatever a peer has put into it.
    fileprivate var printable: String {
        let scalars = unicodeScalars.map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: " "
            default: scalar
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
