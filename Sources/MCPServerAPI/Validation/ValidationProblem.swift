// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// One thing that is wrong with a resource.
package struct ValidationProblem: Hashable, Sendable {
    /// The field, also where it is missing.
    package var field: JSONPointer
    /// Decides the status too.
    package var reason: ConditionReason
    /// Sentences that name the field, what was found and what to write.
    package var message: String

    package init(field: JSONPointer, reason: ConditionReason, message: String) {
        self.field = field
        self.reason = reason
        self.message = message
    }
}

/// Something about a resource that works but that its author may not expect.
package struct ValidationNote: Hashable, Sendable {
    /// The field that it is about.
    package var field: JSONPointer
    /// Sentences that begin with the field.
    package var message: String

    package init(field: JSONPointer, message: String) {
        self.field = field
        self.message = message
    }
}

/// What ``MCPServerValidator`` found.
package struct ValidationResult: Hashable, Sendable {
    /// All problems, in the order of the fields.
    package var problems: [ValidationProblem]
    /// In the order of the fields.
    package var notes: [ValidationNote]
    /// There exactly when there is no problem.
    package var configuration: ServerConfiguration?

    package init(problems: [ValidationProblem], notes: [ValidationNote], configuration: ServerConfiguration?) {
        self.problems = problems
        self.notes = notes
        self.configuration = configuration
    }

    /// The reason to report when there are several: an unsupported type explains the rest, and a mismatch only counts
    /// once the spec is valid.
    package var reason: ConditionReason? {
        let order: [ConditionReason] = [.unsupportedType, .invalidSpec, .resourceMismatch]
        return order.first { reason in problems.contains { $0.reason == reason } } ?? problems.first?.reason
    }

    /// The state of `Accepted` as far as the spec decides it; `nil` without a problem.
    package var rejection: ConditionState? {
        guard let reason else { return nil }
        let messages = problems.filter { $0.reason == reason } + problems.filter { $0.reason != reason }
        return ConditionState(reason, messages.map(\.message).joined(separator: " "))
    }
}
