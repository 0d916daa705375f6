// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import MCPServerAPI

/// The answer of a rule.
enum Verdict<Value: Equatable & Sendable>: Equatable, Sendable {
    case allowed(Value)
    case refused(ValidationProblem)
    /// The metadata of this issuer decides, and nobody has asked for it yet.
    case needsMetadata(issuer: String)
    /// What decides could not be learnt for now; the last good route stays.
    case undecided(ValidationProblem)
}

extension ValidationProblem {
    init(_ reason: ConditionReason, at field: JSONPointer, _ message: String) {
        self.init(field: field, reason: reason, message: message)
    }
}

extension JSONPointer {
    /// A pointer from names alone, for fields that are known here.
    static func field(_ names: String...) -> JSONPointer { JSONPointer(names.map(Token.key)) }
}
