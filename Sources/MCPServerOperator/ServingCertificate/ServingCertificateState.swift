// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// The certificate that is presented now, and what kept it from being a newer one.
struct ServingCertificateState: Sendable {
    private(set) var current: ServingCertificate?
    /// Full sentences, of the last look alone.
    var problems: [String] = []

    /// Presents a certificate from now on.
    ///
    /// - Returns: Whether it is another one than before.
    mutating func adopt(_ pair: CertificateStock.Pair) -> Bool {
        guard current?.certificateChain != pair.certificate || current?.privateKey != pair.key else { return false }
        current = ServingCertificate(
            certificateChain: pair.certificate,
            privateKey: pair.key,
            notAfter: pair.notAfter,
            generation: (current?.generation ?? 0) + 1
        )
        return true
    }

    /// Ready is who can present a certificate that has not expired.
    func readiness(at now: Int64) -> OperatorReadiness {
        guard let current else {
            let waiting = "The route stream has no certificate yet. Wait for it."
            return OperatorReadiness(isReady: false, problems: problems.isEmpty ? [waiting] : problems)
        }
        guard current.notAfter > now else {
            let expired = "The route stream's certificate has expired, so no gateway accepts it. Renew it."
            return OperatorReadiness(isReady: false, problems: [expired] + problems)
        }
        return OperatorReadiness(isReady: true, problems: problems)
    }
}
