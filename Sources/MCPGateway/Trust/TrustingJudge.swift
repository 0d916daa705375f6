// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import RouteTable

/// Judges routes by this gateway's own configuration.
package struct TrustingJudge: RouteJudge {
    private let trust: GatewayTrust
    private let directory: IssuerDirectory

    /// - Parameters:
    ///   - trust: The configuration.
    ///   - directory: Asked for the metadata of issuers that routes name, in the background.
    package init(trust: GatewayTrust, directory: IssuerDirectory) {
        self.trust = trust
        self.directory = directory
    }

    package func judge(_ route: VersionedRoute) -> GatewayReport.Outcome {
        let rules = RouteTrust(trust: trust, knowledge: directory.knowledge)
        var verdict = rules.judge(route.route)
        if case .allowed = verdict, case .authorizationCode(let mode) = route.route.authentication {
            verdict = rules.pinnedEndpoints(mode) { directory.document(of: $0) }
        }
        switch verdict {
        case .allowed: return .applied
        // Nothing is sent while it is open; the directory is reading what decides.
        case .refused(let refusal), .undecided(let refusal, _): return refusal.outcome
        }
    }
}
