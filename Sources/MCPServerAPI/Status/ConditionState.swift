// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// The three values of a condition's status.
package typealias ConditionStatus = Condition.Status

/// What one condition says at the moment, before it is merged with what it said earlier.
package struct ConditionState: Hashable, Sendable {
    /// Decides the status too.
    package var reason: ConditionReason
    /// A full sentence that says what to do, without any secret.
    package var message: String

    /// Messages are cut to the 4,096 characters that the CRD allows.
    package init(_ reason: ConditionReason, _ message: String) {
        self.reason = reason
        self.message =
            message.unicodeScalars.count <= Self.messageLimit
            ? message : String(String.UnicodeScalarView(message.unicodeScalars.prefix(Self.messageLimit - 3))) + "..."
    }

    /// Follows from the reason.
    package var status: ConditionStatus { reason.status }

    private static let messageLimit = 4096
}
