// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The conditions of an object, one of each type, and the rules for changing them.
///
/// Conditions of other writers keep their place and content.
package struct ConditionSet: Hashable, Sendable {
    /// In the order in which they were first set.
    package private(set) var conditions: [Condition]

    package init(_ conditions: [Condition] = []) { self.conditions = conditions }

    /// The condition of that type; absent means the same as ``Condition/Status/unknown``.
    package subscript(_ type: String) -> Condition? { conditions.first { $0.type == type } }

    /// Sets one condition; its transition time changes only with its status.
    ///
    /// A condition that was observed at a later generation stays: then it is the caller who is behind. `now` becomes
    /// the transition time if the status changes.
    ///
    /// - Returns: What happened.
    @discardableResult
    package mutating func set(
        _ type: String,
        _ status: Condition.Status,
        reason: String,
        message: String,
        observedGeneration: Int64,
        now: KubernetesTime
    ) -> Change {
        var condition = Condition(
            type: type,
            status: status,
            observedGeneration: observedGeneration,
            lastTransitionTime: now.description,
            reason: reason,
            message: message
        )
        guard let index = conditions.firstIndex(where: { $0.type == type }) else {
            conditions.append(condition)
            return .transition(from: nil)
        }
        let before = conditions[index]
        if before.observedGeneration > observedGeneration { return .outdated }
        if before.status == status { condition.lastTransitionTime = before.lastTransitionTime }
        if before == condition { return .none }
        conditions[index] = condition
        return before.status == status ? .detail : .transition(from: before)
    }

    /// What setting a condition did.
    package enum Change: Hashable, Sendable {
        /// It was so already.
        case none
        /// The status stayed; its reason, message or generation changed.
        case detail
        /// The status changed, or the condition is new.
        case transition(from: Condition?)
        /// The stored condition is of a later generation; nothing was changed.
        case outdated
    }
}
