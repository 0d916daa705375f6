// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// Everything a status is derived from, as one pass of reconcile found it.
package struct StatusObservation: Hashable, Sendable {
    /// The `metadata.generation` that was looked at.
    package var generation: Int64
    /// Whether the spec is valid and permitted.
    package var accepted: ConditionState
    /// Whether its Secrets are there; found out for invalid specs too.
    package var resolvedRefs: ConditionState
    /// Whether the gateways have the route.
    package var programmed: ConditionState
    /// `nil` while the spec has no single mode.
    package var authMode: AuthMode?
    /// The Secrets that the route was made from; `nil` without any.
    package var credentials: MCPServerStatus.Credentials?
    /// Written only together with a change of `Programmed`.
    package var gateways: MCPServerStatus.Gateways?

    package init(
        generation: Int64,
        accepted: ConditionState,
        resolvedRefs: ConditionState,
        programmed: ConditionState,
        authMode: AuthMode?,
        credentials: MCPServerStatus.Credentials? = nil,
        gateways: MCPServerStatus.Gateways? = nil
    ) {
        self.generation = generation
        self.accepted = accepted
        self.resolvedRefs = resolvedRefs
        self.programmed = programmed
        self.authMode = authMode
        self.credentials = credentials
        self.gateways = gateways
    }

    /// The state of `Ready`: that of the first other condition that is not True.
    package var ready: ConditionState {
        firstProblem ?? ConditionState(.ready, "The server is served.")
    }

    /// The summary word.
    package var state: ServerState {
        guard let problem = firstProblem else { return .connected }
        if problem.reason.conditionType != .programmed {
            let failed = [accepted, resolvedRefs].contains { $0.status == .false }
            return programmed.reason == .suspended && !failed ? .stopped : failed ? .failed : .connecting
        }
        return switch problem.reason {
        case .gatewayRejected: .failed
        case .noGateway: .disconnected
        case .suspended: .stopped
        default: .connecting
        }
    }

    /// The message of the first condition that is False.
    package var lastError: String? {
        [accepted, resolvedRefs, programmed].first { $0.status == .false }?.message
    }

    private var firstProblem: ConditionState? {
        [accepted, resolvedRefs, programmed].first { $0.status != .true }
    }
}

extension MCPServerStatus {
    /// The status that follows from an observation and from the status so far.
    ///
    /// Equal to `previous` when nothing changed, so that comparing the two decides whether to write. A condition's
    /// transition time moves only with its status; conditions of other writers stay, in their places. `now` is the
    /// present in RFC 3339, whole seconds, for conditions whose status changes.
    package static func derived(
        from previous: MCPServerStatus?,
        _ observation: StatusObservation,
        now: String
    ) -> MCPServerStatus {
        var status = previous ?? MCPServerStatus()
        status.observedGeneration = observation.generation
        status.state = observation.state.rawValue
        status.lastError = observation.lastError
        status.authMode = observation.authMode?.rawValue
        status.credentials = observation.credentials
        let programmedBefore = status.condition(.programmed)
        status.set(.accepted, observation.accepted, generation: observation.generation, now: now)
        status.set(.resolvedRefs, observation.resolvedRefs, generation: observation.generation, now: now)
        status.set(.programmed, observation.programmed, generation: observation.generation, now: now)
        status.set(.ready, observation.ready, generation: observation.generation, now: now)
        // Gateways come and go; their number alone is no reason to write.
        let programmed = status.condition(.programmed)
        if programmedBefore?.status != programmed?.status || programmedBefore?.reason != programmed?.reason {
            status.gateways = observation.gateways
        }
        return status
    }

    /// Whether somebody has already written about a newer generation, so that this observation is out of date.
    package func isNewer(than generation: Int64) -> Bool {
        conditions.contains { ConditionType(rawValue: $0.type) != nil && $0.observedGeneration > generation }
    }

    private mutating func set(_ type: ConditionType, _ state: ConditionState, generation: Int64, now: String) {
        var condition = Condition(
            type: type.rawValue,
            status: state.status,
            observedGeneration: generation,
            lastTransitionTime: now,
            reason: state.reason.rawValue,
            message: state.message
        )
        guard let position = conditions.firstIndex(where: { $0.type == type.rawValue }) else {
            conditions.append(condition)
            return
        }
        let earlier = conditions[position]
        if earlier.status == condition.status, !earlier.lastTransitionTime.isEmpty {
            condition.lastTransitionTime = earlier.lastTransitionTime
        }
        conditions[position] = condition
    }
}
