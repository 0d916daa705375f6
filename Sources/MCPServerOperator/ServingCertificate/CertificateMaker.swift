// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import OpenSSL

/// Carries changes of the stock out, which is where keys are made.
struct CertificateMaker: Sendable {
    var schedule = CertificateSchedule()

    /// The stock after some changes, made one after the other.
    ///
    /// - Throws: `OpenSSLError` when OpenSSL cannot make or use a key.
    func carryOut(
        _ changes: [CertificateChange],
        on stock: CertificateStock,
        for names: ServingNames,
        at now: Int64
    ) throws -> CertificateStock {
        var stock = stock
        for change in changes {
            switch change {
            case .dropExpired: stock.retired.removeAll { $0.notAfter <= now }
            case .makeSigner: replaceSigner(of: &stock, by: try makeAuthority(now), now)
            case .makeSuccessor: stock.successor = try makeAuthority(now)
            case .promoteSuccessor:
                guard let successor = stock.successor else { continue }
                replaceSigner(of: &stock, by: successor, now)
                stock.successor = nil
            case .issueServing: stock.serving = try issue(stock.signer, names, now)
            }
        }
        return stock
    }

    private func replaceSigner(of stock: inout CertificateStock, by signer: CertificateStock.Pair, _ now: Int64) {
        if let old = stock.signer, old.notAfter > now { stock.retire(old.authority) }
        stock.signer = signer
        stock.serving?.isOfSigner = false
    }

    private func makeAuthority(_ now: Int64) throws -> CertificateStock.Pair {
        // Two of them may be trusted at once, so each has a name of its own.
        let request = CertificateRequest(
            commonName: "sallyport-operator-ca@\(now)",
            notBefore: now - schedule.tolerance,
            notAfter: now + schedule.authorityLifetime
        )
        let pair = try KeyPair.makeAuthority(request)
        return CertificateStock.Pair(
            certificate: try pair.certificatePEM(),
            key: Redacted(try pair.privateKeyPEM()),
            notBefore: request.notBefore,
            notAfter: request.notAfter
        )
    }

    private func issue(
        _ signer: CertificateStock.Pair?,
        _ names: ServingNames,
        _ now: Int64
    ) throws -> CertificateStock.Pair? {
        guard let signer else { return nil }
        let authority = try KeyPair(certificateChain: signer.certificate, privateKey: signer.key.exposed)
        // Nothing outlives its signer, so that an authority that has expired has nothing left to vouch for.
        let request = CertificateRequest(
            commonName: "sallyport-operator",
            notBefore: max(now - schedule.tolerance, signer.notBefore),
            notAfter: min(now + schedule.servingLifetime, signer.notAfter)
        )
        let pair = try authority.issue(
            request,
            for: AlternativeNames(dnsNames: names.dnsNames, addresses: names.addresses)
        )
        return CertificateStock.Pair(
            certificate: try pair.certificatePEM(),
            key: Redacted(try pair.privateKeyPEM()),
            notBefore: request.notBefore,
            notAfter: request.notAfter,
            names: names
        )
    }
}
