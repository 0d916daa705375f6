// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import OpenSSL

@Suite("Issued certificates")
struct IssuingTests {
    private static let now = Int64(Date().timeIntervalSince1970)
    private static let names = AlternativeNames(
        dnsNames: ["sallyport-operator.sallyport-system.svc", "localhost"],
        addresses: [[127, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]]
    )

    private static func makeAuthority(_ name: String = "test-ca") throws -> KeyPair {
        try KeyPair.makeAuthority(
            CertificateRequest(commonName: name, notBefore: now - 3_600, notAfter: now + 1_000_000)
        )
    }

    private static let server = CertificateRequest(
        commonName: "sallyport-operator",
        notBefore: now - 3_600,
        notAfter: now + 86_400
    )

    @Test("The openssl program accepts the chain for a server, under each of its names and no other")
    func verifiedByOpenSSL() throws {
        let workshop = try Workshop()
        defer { #expect(throws: Never.self) { try workshop.remove() } }
        let authority = try Self.makeAuthority()
        let serving = try authority.issue(Self.server, for: Self.names)
        try workshop.write(try authority.certificatePEM(), to: "ca.crt")
        try workshop.write(try serving.certificatePEM(), to: "tls.crt")
        try workshop.write(try serving.privateKeyPEM(), to: "tls.key")

        func verify(_ options: String...) throws -> Int32 {
            let arguments = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.crt"]
            return try workshop.run(arguments + options + ["tls.crt"]).status
        }
        #expect(try verify() == 0)
        #expect(try verify("-verify_hostname", "sallyport-operator.sallyport-system.svc") == 0)
        #expect(try verify("-verify_hostname", "localhost") == 0)
        #expect(try verify("-verify_ip", "127.0.0.1") == 0)
        #expect(try verify("-verify_ip", "::1") == 0)
        #expect(try verify("-verify_hostname", "sallyport-operator.other.svc") != 0)
        #expect(try verify("-verify_ip", "127.0.0.2") != 0)
        #expect(try verify("-attime", "\(Self.now + 86_401)") != 0, "it has expired by then")

        let checked = try workshop.openssl("x509", "-in", "tls.crt", "-noout", "-checkhost", "localhost")
        #expect(checked.contains("does match"))
        let text = try workshop.openssl("x509", "-in", "tls.crt", "-noout", "-text")
        for expected in [
            "CA:FALSE", "Digital Signature", "TLS Web Server Authentication", "prime256v1", "ecdsa-with-SHA256",
        ] {
            #expect(text.contains(expected), "\(expected)")
        }
        let root = try workshop.openssl("x509", "-in", "ca.crt", "-noout", "-text")
        for expected in ["CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign"] { #expect(root.contains(expected)) }
        // The key is readable, and is that of the certificate.
        let public1 = try workshop.openssl("pkey", "-in", "tls.key", "-pubout")
        let public2 = try workshop.openssl("x509", "-in", "tls.crt", "-noout", "-pubkey")
        #expect(public1 == public2)
    }

    @Test("What was asked for is read back")
    func readBack() throws {
        let authority = try Self.makeAuthority()
        let root = try Certificate(pem: try authority.certificatePEM())
        #expect(root.isAuthority)
        #expect(root.alternativeNames == AlternativeNames())
        #expect(root.subject == "CN=test-ca")

        let certificate = try Certificate(pem: try authority.issue(Self.server, for: Self.names).certificatePEM())
        #expect(!certificate.isAuthority)
        #expect(certificate.alternativeNames == Self.names)
        #expect(certificate.notBefore == Self.now - 3_600)
        #expect(certificate.notAfter == Self.now + 86_400)
    }

    @Test("Dates after 2049, which are written in another form, are read back")
    func distantDates() throws {
        let end: Int64 = 2_600_000_000
        let authority = try KeyPair.makeAuthority(
            CertificateRequest(commonName: "distant", notBefore: Self.now, notAfter: end)
        )
        #expect(try Certificate(pem: try authority.certificatePEM()).notAfter == end)
    }

    @Test("No two keys and no two serial numbers are the same")
    func everyKeyIsNew() throws {
        let workshop = try Workshop()
        defer { #expect(throws: Never.self) { try workshop.remove() } }
        let authority = try Self.makeAuthority()
        var serials: Set<String> = []
        var keys: Set<String> = []
        for _ in 0..<20 {
            let pair = try authority.issue(Self.server, for: Self.names)
            try workshop.write(try pair.certificatePEM(), to: "tls.crt")
            serials.insert(try workshop.openssl("x509", "-in", "tls.crt", "-noout", "-serial"))
            keys.insert(try pair.privateKeyPEM())
        }
        #expect(serials.count == 20)
        #expect(keys.count == 20)
        #expect(serials.allSatisfy { $0.count == "serial=\n".count + 32 }, "each has 16 bytes")
    }

    @Test("A certificate is issued by the authority that signed it, and not by a namesake")
    func issuer() throws {
        let authority = try Self.makeAuthority()
        let namesake = try Self.makeAuthority()
        let serving = try authority.issue(Self.server, for: Self.names).certificatePEM()
        #expect(try Certificate.isIssued(serving, by: try authority.certificatePEM()))
        #expect(try !Certificate.isIssued(serving, by: try namesake.certificatePEM()))
        #expect(try !Certificate.isIssued(try authority.certificatePEM(), by: serving))
        #expect(throws: OpenSSLError.self) { try Certificate.isIssued(serving, by: "") }
    }

    @Test("A pair read from text issues as the one that was written")
    func roundTrip() throws {
        let authority = try Self.makeAuthority()
        let (certificate, key) = (try authority.certificatePEM(), try authority.privateKeyPEM())
        let again = try KeyPair(certificateChain: certificate, privateKey: key)
        let serving = try again.issue(Self.server, for: Self.names).certificatePEM()
        #expect(try Certificate.isIssued(serving, by: certificate))
        let other = try Self.makeAuthority().privateKeyPEM()
        let error = try #require(throws: OpenSSLError.self) {
            _ = try KeyPair(certificateChain: certificate, privateKey: other)
        }
        #expect(error.code == .keyMismatch)
    }

    @Test(
        "A name that would smuggle in another entry is refused",
        arguments: [
            AlternativeNames(), AlternativeNames(dnsNames: ["a.example,DNS:b.example"]),
            AlternativeNames(dnsNames: ["a:b"]), AlternativeNames(dnsNames: [""]),
            AlternativeNames(dnsNames: [String(repeating: "a", count: 254)]), AlternativeNames(addresses: [[1, 2, 3]]),
        ]
    )
    func refusedNames(names: AlternativeNames) throws {
        let authority = try Self.makeAuthority()
        let error = try #require(throws: OpenSSLError.self) { _ = try authority.issue(Self.server, for: names) }
        #expect(error.code == .invalidRequest)
    }

    @Test(
        "A subject or dates that no certificate can have are refused",
        arguments: [
            CertificateRequest(commonName: "", notBefore: 0, notAfter: 1),
            CertificateRequest(commonName: String(repeating: "a", count: 65), notBefore: 0, notAfter: 1),
            CertificateRequest(commonName: "a", notBefore: 2, notAfter: 1),
        ]
    )
    func refusedRequests(request: CertificateRequest) throws {
        let error = try #require(throws: OpenSSLError.self) { _ = try KeyPair.makeAuthority(request) }
        #expect(error.code == .invalidRequest)
    }
}
