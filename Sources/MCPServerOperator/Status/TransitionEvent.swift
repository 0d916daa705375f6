// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
package import MCPServerAPI

/// One change of a condition that is worth an event.
package struct TransitionEvent: Hashable, Sendable {
    /// Whether somebody has to do something about it.
    package var isWarning: Bool
    /// The condition's reason, or a word of its own such as `SharedClientSecret`.
    package var reason: String
    /// The message of the condition that changed.
    package var message: String

    package init(isWarning: Bool, reason: String, message: String) {
        self.isWarning = isWarning
        self.reason = reason
        self.message = message
    }

    /// What changed between two statuses: one event a transition, none for what stays as it was.
    ///
    /// A server that is fine from the start gives one event when it becomes Ready; only what was wrong before, or is
    /// wrong now, is told of on the way.
    package static func transitions(from old: MCPServerStatus?, to new: MCPServerStatus) -> [TransitionEvent] {
        var events: [TransitionEvent] = []
        for type in [ConditionType.accepted, .resolvedRefs] {
            guard let now = new.condition(type) else { continue }
            let before = old?.condition(type)
            if before?.status == now.status, before?.reason == now.reason { continue }
            if now.status != .true {
                events.append(TransitionEvent(isWarning: true, reason: now.reason, message: now.message))
            } else if before != nil {
                events.append(TransitionEvent(isWarning: false, reason: now.reason, message: now.message))
            }
        }
        guard let ready = new.condition(.ready), old?.condition(.ready)?.status != ready.status else { return events }
        if ready.status == .true {
            return events + [TransitionEvent(isWarning: false, reason: ready.reason, message: ready.message)]
        }
        // What keeps it from being Ready has been told of already, unless it is the programming.
        guard old?.condition(.ready)?.status == .true, events.isEmpty else { return events }
        let isIntended = ready.reason == ConditionReason.suspended.rawValue
        return [TransitionEvent(isWarning: !isIntended, reason: ready.reason, message: ready.message)]
    }
}
