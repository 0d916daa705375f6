// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// Why a condition has its status: every word that Sallyport writes into `reason`.
package enum ConditionReason: String, Hashable, Sendable, CaseIterable {
    case accepted = "Accepted"
    case invalidSpec = "InvalidSpec"
    case unsupportedType = "UnsupportedType"
    case issuerNotTrusted = "IssuerNotTrusted"
    case resourceMismatch = "ResourceMismatch"
    case discoveryFailed = "DiscoveryFailed"
    case resolvedRefs = "ResolvedRefs"
    case secretNotFound = "SecretNotFound"
    case secretKeyMissing = "SecretKeyMissing"
    case secretEmpty = "SecretEmpty"
    case refNotPermitted = "RefNotPermitted"
    case secretAccessDenied = "SecretAccessDenied"
    case published = "Published"
    case withheld = "Withheld"
    case gatewayLagging = "GatewayLagging"
    case gatewayRejected = "GatewayRejected"
    case suspended = "Suspended"
    case noGateway = "NoGateway"
    case ready = "Ready"

    /// The condition that has this reason first; `Ready` repeats the reason of the condition that keeps it from True.
    package var conditionType: ConditionType {
        switch self {
        case .accepted, .invalidSpec, .unsupportedType, .issuerNotTrusted, .resourceMismatch, .discoveryFailed:
            .accepted
        case .resolvedRefs, .secretNotFound, .secretKeyMissing, .secretEmpty, .refNotPermitted, .secretAccessDenied:
            .resolvedRefs
        case .published, .withheld, .gatewayLagging, .gatewayRejected, .suspended, .noGateway: .programmed
        case .ready: .ready
        }
    }

    /// The status that goes with the reason: a reason never comes with two.
    package var status: ConditionStatus {
        switch self {
        case .accepted, .resolvedRefs, .published, .ready: .true
        case .discoveryFailed, .secretAccessDenied, .noGateway: .unknown
        case .invalidSpec, .unsupportedType, .issuerNotTrusted, .resourceMismatch, .secretNotFound, .secretKeyMissing,
            .secretEmpty, .refNotPermitted, .withheld, .gatewayLagging, .gatewayRejected, .suspended:
            .false
        }
    }
}
