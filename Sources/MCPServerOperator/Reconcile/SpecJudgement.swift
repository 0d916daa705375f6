// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import MCPServerAPI

/// What a spec is worth before its Secrets are looked at.
struct SpecJudgement: Sendable {
    /// `Accepted`, without what the Secrets contribute to its message.
    var accepted: ConditionState
    var problems: [ValidationProblem] = []
    var notes: [ValidationNote] = []
    /// The object, unless it could not be decoded.
    var server: MCPServer?
    /// There exactly when the spec itself is valid.
    var configuration: ServerConfiguration?
    /// Where leg 1's tokens go, in the modes that have one.
    var idp: TrustRules.TrustedEndpoint?
    /// Where leg 2 goes; `nil` where the gateway discovers it.
    var authServerEndpoint: String?
    /// What only metadata could answer that is out of reach.
    var openQuestion: ValidationProblem?
    /// When to look again, for what could not be learnt now.
    var retryAfter: Duration?

    /// Where each client's credentials would be sent, as far as that is decided.
    var endpoints: ReferenceResolver.Endpoints {
        ReferenceResolver.Endpoints(idp: idp?.tokenEndpoint, authServer: authServerEndpoint)
    }
}
