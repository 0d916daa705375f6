// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import OAuth
import RouteTable

extension RouteTrust {
    /// Whether the endpoints that a server of `type: oauth` pins are ones to which its users can be sent.
    ///
    /// The same rules as when a user connects, ahead of that, so that whoever wrote the resource learns of a mistake. For
    /// reports alone, and no part of ``judge(_:)``: who connects waits for the metadata that decides, and is let in or
    /// refused by it. Hence a route is not refused while the metadata is only being read.
    ///
    /// - Parameters:
    ///   - mode: What the route says.
    ///   - document: What an issuer says about itself; asked only where it decides.
    /// - Returns: The verdict.
    func pinnedEndpoints(
        _ mode: RouteAuthentication.AuthorizationCode,
        document: (_ issuer: String) -> IssuerDocument
    ) -> TrustVerdict<Void> {
        // Without an issuer it is discovered, and with it what the endpoints are held to.
        guard let issuer = mode.issuer, mode.authorizationEndpoint != nil || mode.tokenEndpoint != nil else {
            return .allowed(())
        }
        guard let doubt = problem(issuer, nil, mode) else { return .allowed(()) }
        switch document(issuer) {
        case .read(let metadata):
            guard let problem = problem(issuer, metadata, mode) else { return .allowed(()) }
            return .refused(problem.refusal)
        case .absent: return .refused(doubt.refusal)
        case .unavailable(let sentence):
            return .undecided(TrustRefusal(.discoveryFailed, sentence), issuer: issuer)
        case .unasked: return .allowed(())
        }
    }

    private func problem(
        _ issuer: String,
        _ metadata: AuthorizationServerMetadata?,
        _ mode: RouteAuthentication.AuthorizationCode
    ) -> AuthorizationServerRules.Problem? {
        do throws(AuthorizationServerRules.Problem) {
            _ = try AuthorizationServerRules(trust: trust).server(issuer, metadata, mode)
            return nil
        } catch {
            return error
        }
    }
}

extension AuthorizationServerRules.Problem {
    /// As a report has it: with what it is about.
    fileprivate var refusal: TrustRefusal {
        TrustRefusal(cause == "insecure_endpoint" || cause == "endpoint" ? .insecureURL : .issuerNotTrusted, detail)
    }
}
