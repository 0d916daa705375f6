// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import Testing

@testable import MCPServerOperator

@Suite("Certificate stock")
struct CertificateStockTests {
    private static let day: Int64 = 86_400
    private static let start: Int64 = 1_800_000_000
    private static let names = ServingNames.ofOperator(in: "sallyport-system")
    private let maker = CertificateMaker()

    /// What a Secret holds after a stock was written to it.
    private static func data(_ stock: CertificateStock) -> [String: Redacted<[UInt8]>] {
        let patch = stock.patch(from: ResourceVersion("1"))
        return (patch["data"]?.objectValue ?? [:]).reduce(into: [:]) { data, member in
            guard let text = member.value.stringValue, let bytes = Base64.decode(text) else { return }
            data[member.key] = Redacted(bytes)
        }
    }

    private func fresh(at now: Int64 = Self.start) throws -> CertificateStock {
        try maker.carryOut([.makeSigner, .issueServing], on: CertificateStock(), for: Self.names, at: now)
    }

    @Test("What was written to a Secret is read back, through every stage of a change of authority")
    func roundTrip() throws {
        var stock = try fresh()
        for change in [[], [.makeSuccessor], [.promoteSuccessor, .issueServing]] as [[CertificateChange]] {
            stock = try maker.carryOut(change, on: stock, for: Self.names, at: Self.start + Self.day)
            let (read, damages) = CertificateStock.read(Self.data(stock))
            #expect(damages == [])
            // What names an authority has is not asked.
            #expect(read == stock)
        }
        #expect(stock.retired.count == 1)
    }

    @Test("Writing says which version it was computed from, and clears what is no longer there")
    func patch() throws {
        let patch = try fresh().patch(from: ResourceVersion("42"))
        #expect(patch["metadata"] == ["resourceVersion": "42"])
        #expect(patch["data"]?["next-ca.key"] == .null)
        #expect(patch["data"]?["tls.key"]?.stringValue != nil)
    }

    @Test(
        "A broken part counts as absent, is named without its content, and is repaired",
        arguments: CertificateStock.Key.allCases
    )
    func repairs(key: CertificateStock.Key) throws {
        var stock = try maker.carryOut([.makeSuccessor], on: try fresh(), for: Self.names, at: Self.start)
        stock.retired = [try #require(try fresh(at: Self.start - 5).signer).authority]
        for broken in ["", "canary-7f3a", "-----BEGIN CERTIFICATE-----\ncanary-7f3a\n-----END CERTIFICATE-----\n"] {
            var data = Self.data(stock)
            data[key.rawValue] = Redacted(Array(broken.utf8))
            let (read, damages) = CertificateStock.read(data)
            // An empty list of old authorities is as good as none.
            #expect(!damages.isEmpty || (key == .retired && broken.isEmpty))
            #expect(!damages.joined().contains("canary-7f3a"))
            let changes = maker.schedule.changes(to: read, for: Self.names, announced: .zero, at: Self.start + 1)
            let repaired = try maker.carryOut(changes, on: read, for: Self.names, at: Self.start + 1)
            let again = CertificateStock.read(Self.data(repaired))
            #expect(again.damages == [])
            #expect(
                maker.schedule.changes(to: again.stock, for: Self.names, announced: .zero, at: Self.start + 1) == []
            )
        }
    }

    @Test("An authority whose key is lost stays trusted while another one signs")
    func lostKey() throws {
        let stock = try fresh()
        var data = Self.data(stock)
        data["ca.key"] = nil
        let (read, damages) = CertificateStock.read(data)
        #expect(damages == ["'ca.key' is missing."])
        #expect(read.signer == nil)
        let changes = maker.schedule.changes(to: read, for: Self.names, announced: .zero, at: Self.start + 1)
        let repaired = try maker.carryOut(changes, on: read, for: Self.names, at: Self.start + 1)
        let old = try #require(stock.signer?.certificate)
        #expect(repaired.bundle.contains(old))
        #expect(repaired.signer?.certificate != old)
        #expect(repaired.serving?.isOfSigner == true)
    }

    @Test("A serving certificate of another authority is noticed")
    func foreignServing() throws {
        var stock = try fresh()
        stock.serving = try fresh().serving
        let (read, damages) = CertificateStock.read(Self.data(stock))
        #expect(damages == [])
        #expect(read.serving?.isOfSigner == false)
    }

    @Test("A serving certificate is no authority, even where one is expected")
    func noAuthority() throws {
        let stock = try fresh()
        var data = Self.data(stock)
        data["ca.crt"] = data["tls.crt"]
        data["ca.key"] = data["tls.key"]
        let (read, damages) = CertificateStock.read(data)
        #expect(read.signer == nil)
        #expect(damages.first == "'ca.crt' may not sign certificates.")
    }

    @Test("A Secret that is broken again and again does not grow")
    func bounded() throws {
        var stock = try fresh()
        for step in 1...8 {
            let signer = try #require(stock.signer)
            stock.retire(signer.authority)
            stock.signer = nil
            let now = Self.start + Int64(step)
            stock = try maker.carryOut([.makeSigner, .issueServing], on: stock, for: Self.names, at: now)
        }
        #expect(stock.retired.count == 4)
    }

    @Test(
        "In twelve years no reader meets a certificate that its bundle of the look before does not know, nor one that has expired"
    )
    func years() throws {
        var stock = try fresh()
        var bundleBefore = stock.bundle
        var announcedSince: Int64?
        var signers: Set<String> = []
        var renewals = 0
        for day in stride(from: 0, to: 12 * 365, by: 5) {
            let now = Self.start + Int64(day) * Self.day
            let read = CertificateStock.read(Self.data(stock)).stock
            if read.successor == nil { announcedSince = nil } else { announcedSince = announcedSince ?? now }
            let announced = Duration.seconds(now - (announcedSince ?? now))
            let changes = maker.schedule.changes(to: read, for: Self.names, announced: announced, at: now)
            let before = read.bundle
            if !changes.isEmpty { stock = try maker.carryOut(changes, on: read, for: Self.names, at: now) }
            let (signer, serving) = (try #require(stock.signer), try #require(stock.serving))
            try #require(bundleBefore.contains(signer.certificate), "day \(day)")
            try #require(serving.isOfSigner && serving.notBefore <= now && now < serving.notAfter, "day \(day)")
            try #require(serving.notAfter <= signer.notAfter)
            // What was presented before may still be presented by another replica.
            try #require(stock.bundle.contains(read.signer?.certificate ?? ""))
            if changes.contains(.issueServing) { renewals += 1 }
            signers.insert(signer.certificate)
            bundleBefore = before
        }
        #expect(signers.count == 3)
        #expect((60...90).contains(renewals), "\(renewals)")
        #expect(stock.retired.count <= 1)
    }
}
