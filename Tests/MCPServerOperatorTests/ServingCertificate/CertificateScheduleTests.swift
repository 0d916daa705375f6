// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import Testing

@testable import MCPServerOperator

@Suite("Certificate schedule")
struct CertificateScheduleTests {
    private static let day: Int64 = 86_400
    private static let now: Int64 = 1_800_000_000
    private static let names = ServingNames.ofOperator(in: "sallyport-system")
    private let schedule = CertificateSchedule()

    private static func pair(
        _ name: String,
        from: Int64,
        to: Int64,
        _ names: ServingNames = Self.names
    )
        -> CertificateStock.Pair
    {
        CertificateStock.Pair(
            certificate: name,
            key: Redacted("key of \(name)"),
            notBefore: now + from * day,
            notAfter: now + to * day,
            names: names
        )
    }

    /// An authority and a certificate that are both young.
    private static let good = CertificateStock(
        signer: pair("ca", from: -10, to: 1_800),
        serving: pair("tls", from: -1, to: 89)
    )

    private func changes(_ stock: CertificateStock, announced: Duration = .zero) -> [CertificateChange] {
        schedule.changes(to: stock, for: Self.names, announced: announced, at: Self.now)
    }

    @Test("Nothing changes in a good stock")
    func keeps() { #expect(changes(Self.good) == []) }

    @Test("An empty stock gets an authority and a certificate")
    func starts() { #expect(changes(CertificateStock()) == [.makeSigner, .issueServing]) }

    @Test(
        "A serving certificate is renewed when two thirds of its time are over",
        arguments: [(-59, []), (-60, [.issueServing]), (-89, [.issueServing])] as [(Int64, [CertificateChange])]
    )
    func renewsServing(start: Int64, expected: [CertificateChange]) {
        var stock = Self.good
        stock.serving = Self.pair("tls", from: start, to: start + 90)
        #expect(changes(stock) == expected)
    }

    @Test(
        "A serving certificate is issued anew when it is missing, expired, for other names, of another authority or early"
    )
    func replacesServing() {
        var stock = Self.good
        stock.serving = nil
        #expect(changes(stock) == [.issueServing])
        stock.serving = Self.pair("tls", from: -90, to: 0)
        #expect(changes(stock) == [.issueServing])
        stock.serving = Self.pair("tls", from: -1, to: 89, ServingNames(dnsNames: ["localhost"]))
        #expect(changes(stock) == [.issueServing])
        stock.serving = Self.good.serving
        stock.serving?.isOfSigner = false
        #expect(changes(stock) == [.issueServing])
        stock.serving = Self.pair("tls", from: 1, to: 91)
        #expect(changes(stock) == [.issueServing], "it begins in the future")
    }

    @Test("A certificate for more names than needed is kept")
    func keepsMoreNames() {
        var stock = Self.good
        stock.serving?.names.dnsNames.append("another.example")
        #expect(changes(stock) == [])
    }

    @Test("An authority near its end gets a successor, which signs only once readers have seen it")
    func replacesSigner() {
        var stock = Self.good
        stock.signer = Self.pair("ca", from: -1_644, to: 181)
        #expect(changes(stock) == [])
        stock.signer = Self.pair("ca", from: -1_645, to: 180)
        #expect(changes(stock) == [.makeSuccessor])
        stock.successor = Self.pair("next", from: 0, to: 1_825)
        #expect(changes(stock, announced: .seconds(3_599)) == [])
        #expect(changes(stock, announced: .seconds(3_600)) == [.promoteSuccessor, .issueServing])
    }

    @Test("When the authority is no good, its successor signs at once, else a new one does")
    func emergencies() {
        var stock = Self.good
        stock.signer = nil
        stock.serving?.isOfSigner = false
        #expect(changes(stock) == [.makeSigner, .issueServing])
        stock.successor = Self.pair("next", from: 0, to: 1_825)
        #expect(changes(stock) == [.promoteSuccessor, .issueServing])
        stock.signer = Self.pair("ca", from: -1_825, to: 0)
        #expect(changes(stock) == [.promoteSuccessor, .issueServing])
        stock.successor = Self.pair("next", from: -1_825, to: 0)
        #expect(changes(stock) == [.makeSigner, .issueServing], "both have expired")
    }

    @Test("An authority that has ended is trusted no longer, and one that has not stays")
    func dropsExpired() {
        var stock = Self.good
        stock.retired = [Self.pair("old", from: -1_800, to: 1).authority]
        #expect(changes(stock) == [])
        stock.retired = [Self.pair("old", from: -1_825, to: 0).authority]
        #expect(changes(stock) == [.dropExpired])
    }

    @Test("The extreme dates that a certificate can hold do not stop the program")
    func extremeDates() {
        var stock = Self.good
        stock.serving?.notBefore = .min
        stock.serving?.notAfter = .max
        #expect(changes(stock) == [.issueServing])
        stock = Self.good
        stock.signer?.notAfter = .max
        stock.signer?.notBefore = .min
        #expect(changes(stock) == [])
    }
}
