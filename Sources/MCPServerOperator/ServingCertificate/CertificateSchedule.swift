// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// When certificates are renewed.
package struct CertificateSchedule: Sendable, Hashable {
    /// How long a serving certificate is valid; it is renewed when two thirds of that are over.
    package var servingLifetime: Int64
    /// How long an authority is valid.
    package var authorityLifetime: Int64
    /// How long before an authority's end there is a successor: longer than anything it signed can live.
    package var authorityOverlap: Int64
    /// How long a successor is published before it signs, so that every reader trusts it by then.
    package var announcement: Duration
    /// How far certificates begin in the past, for readers whose clocks are late.
    package var tolerance: Int64

    /// All but the announcement in seconds.
    package init(
        servingLifetime: Int64 = 90 * 86_400,
        authorityLifetime: Int64 = 5 * 365 * 86_400,
        authorityOverlap: Int64 = 180 * 86_400,
        announcement: Duration = .seconds(3_600),
        tolerance: Int64 = 3_600
    ) {
        self.servingLifetime = servingLifetime
        self.authorityLifetime = authorityLifetime
        self.authorityOverlap = authorityOverlap
        self.announcement = announcement
        self.tolerance = tolerance
    }

    /// What has to change in a stock.
    ///
    /// - Parameters:
    ///   - stock: What there is.
    ///   - names: What a serving certificate must be for.
    ///   - announced: How long it is known that readers can see the stock's successor.
    ///   - now: The time of day, in seconds since 1970.
    /// - Returns: The changes in the order in which they are made; none for a good stock.
    package func changes(
        to stock: CertificateStock,
        for names: ServingNames,
        announced: Duration,
        at now: Int64
    ) -> [CertificateChange] {
        var changes: [CertificateChange] = []
        if stock.retired.contains(where: { $0.notAfter <= now }) { changes.append(.dropExpired) }
        let signer = signerChange(stock, announced, now)
        if let signer { changes.append(signer) }
        let needsServing = servingChange(stock, names, now) || signer == .makeSigner || signer == .promoteSuccessor
        if needsServing { changes.append(.issueServing) }
        return changes
    }

    private func signerChange(_ stock: CertificateStock, _ announced: Duration, _ now: Int64) -> CertificateChange? {
        let successor = stock.successor.flatMap { isValid($0, now) ? $0 : nil }
        guard let signer = stock.signer, isValid(signer, now) else {
            // Readers may not know the successor yet, but they know it sooner than one that is not made yet.
            return successor == nil ? .makeSigner : .promoteSuccessor
        }
        guard signer.notAfter - now <= authorityOverlap else { return nil }
        guard successor != nil else { return .makeSuccessor }
        return announced >= announcement ? .promoteSuccessor : nil
    }

    private func servingChange(_ stock: CertificateStock, _ names: ServingNames, _ now: Int64) -> Bool {
        guard let serving = stock.serving, isValid(serving, now), serving.isOfSigner, serving.names.includes(names)
        else { return true }
        let (lifetime, overflows) = serving.notAfter.subtractingReportingOverflow(serving.notBefore)
        return overflows || now >= serving.notBefore + lifetime / 3 * 2
    }

    /// One that begins in the future was made by a replica whose clock is wrong, and readers refuse it.
    private func isValid(_ pair: CertificateStock.Pair, _ now: Int64) -> Bool {
        pair.notBefore <= now && now < pair.notAfter
    }
}

/// One thing to do to the stock.
package enum CertificateChange: String, Sendable, Hashable {
    /// Makes an authority that signs at once: there is none, or it is no good.
    case makeSigner
    /// Makes the authority that will sign next, and lets readers trust it first.
    case makeSuccessor
    /// Lets the successor sign, and the signer retire.
    case promoteSuccessor
    /// Signs a new serving certificate.
    case issueServing
    /// Ends the trust in authorities that have expired, and with them everything they signed.
    case dropExpired
}
