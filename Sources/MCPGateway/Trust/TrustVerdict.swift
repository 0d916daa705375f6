// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import OAuth
import RouteTable

/// What a rule says.
enum TrustVerdict<Value: Sendable>: Sendable {
    case allowed(Value)
    case refused(TrustRefusal)
    /// An issuer's metadata decides, and is not known: nothing is sent until it is.
    case undecided(TrustRefusal, issuer: String)
}

extension TrustVerdict: Equatable where Value: Equatable {}

/// Why a route is not used.
struct TrustRefusal: Hashable, Sendable {
    /// The word in the report to the operator; the same words as in the resource's conditions.
    enum Reason: String, Hashable, Sendable, CaseIterable {
        case issuerNotTrusted = "IssuerNotTrusted"
        case resourceMismatch = "ResourceMismatch"
        case insecureURL = "InsecureURL"
        case discoveryFailed = "DiscoveryFailed"
        case unsupportedType = "UnsupportedType"
    }

    var reason: Reason
    /// A sentence that says what is wrong, and one that says what to do.
    var message: String

    init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    /// As the report to the operator has it.
    var outcome: GatewayReport.Outcome { .rejected(reason: reason.rawValue, message: message) }
}

/// What is known of an issuer's own metadata.
enum IssuerKnowledge: Hashable, Sendable {
    /// It was read; `nil` if it names no token endpoint.
    case tokenEndpoint(String?)
    /// It could not be read; a full sentence.
    case unavailable(String)
    /// Nobody has asked yet.
    case unasked
}

/// What is known of an issuer's metadata, with all of it.
enum IssuerDocument: Hashable, Sendable {
    case read(AuthorizationServerMetadata)
    /// It answers and publishes none; a full sentence.
    case absent(String)
    /// It could not be read; a full sentence.
    case unavailable(String)
    /// Nobody has asked yet.
    case unasked

    /// As far as token endpoints are concerned.
    var knowledge: IssuerKnowledge {
        switch self {
        case .read(let metadata): .tokenEndpoint(metadata.tokenEndpoint)
        case .absent(let problem), .unavailable(let problem): .unavailable(problem)
        case .unasked: .unasked
        }
    }
}
