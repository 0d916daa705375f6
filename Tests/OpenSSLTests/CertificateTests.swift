// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import OpenSSL

@Suite("Certificates and keys")
struct CertificateTests {
    @Test("A certificate's subject, validity and fingerprint are read")
    func certificate() throws {
        let workshop = try Workshop()
        defer { #expect(throws: Never.self) { try workshop.remove() } }
        let before = Int64(Date().timeIntervalSince1970)
        try workshop.makeCertificate("one", subject: "/O=Beispiel, Söhne/CN=todo")
        let after = Int64(Date().timeIntervalSince1970)

        let certificate = try Certificate(pem: try workshop.text("one.crt"))
        #expect(certificate.subject == #"CN=todo,O=Beispiel\, Söhne"#)
        #expect((before...after).contains(certificate.notBefore))
        #expect(certificate.notAfter - certificate.notBefore == 30 * 86_400)
        let fingerprint = try workshop.openssl("x509", "-in", "one.crt", "-noout", "-fingerprint", "-sha256")
        let expected = fingerprint.split(separator: "=").last.map { $0.filter(\.isHexDigit).lowercased() }
        #expect(certificate.fingerprint.map { String(format: "%02x", $0) }.joined() == expected)
    }

    @Test("A bundle counts its certificates and steps over everything else")
    func bundle() throws {
        let workshop = try Workshop()
        defer { #expect(throws: Never.self) { try workshop.remove() } }
        try workshop.makeCertificate("one", subject: "/CN=one")
        try workshop.makeCertificate("two", subject: "/CN=two")
        let (one, two, key) = (try workshop.text("one.crt"), try workshop.text("two.crt"), try workshop.text("one.key"))
        let bundle = try CertificateBundle(pem: "# the first\n\(one)\n\(key)text\r\n\(two)")
        #expect(bundle.certificates.map(\.subject) == ["CN=one", "CN=two"])
        #expect(try CertificateBundle.count(pem: one + two + one) == 3)

        let broken = one + two.replacingOccurrences(of: "\nMII", with: "\nAAA")
        let cut = one + two.prefix(two.count / 2)
        for text in [broken, cut] {
            let error = try #require(throws: OpenSSLError.self) { try CertificateBundle(pem: text) }
            #expect(error.code == .malformedCertificate)
            #expect(error.message.contains("certificate 2"))
        }
        for text in ["", "no certificate", key] {
            let error = try #require(throws: OpenSSLError.self) { try CertificateBundle(pem: text) }
            #expect(error.code == .noCertificate)
        }
    }

    @Test("A key belongs to its own certificate only")
    func keyPair() throws {
        let workshop = try Workshop()
        defer { #expect(throws: Never.self) { try workshop.remove() } }
        try workshop.makeCertificate("one", subject: "/CN=one")
        try workshop.makeCertificate("two", subject: "/CN=two")
        let (one, two) = (try workshop.text("one.crt"), try workshop.text("two.crt"))
        let (oneKey, twoKey) = (try workshop.text("one.key"), try workshop.text("two.key"))
        try KeyPair.verify(certificateChain: one + two, privateKey: oneKey)
        try KeyPair.verify(certificateChain: two, privateKey: twoKey)
        for (chain, key) in [(one, twoKey), (two + one, oneKey)] {
            let error = try #require(throws: OpenSSLError.self) {
                try KeyPair.verify(certificateChain: chain, privateKey: key)
            }
            #expect(error.code == .keyMismatch)
        }
    }

    @Test("An encrypted key is refused instead of asking for its passphrase", arguments: [true, false])
    func encryptedKey(isPKCS8: Bool) throws {
        let workshop = try Workshop()
        defer { #expect(throws: Never.self) { try workshop.remove() } }
        try workshop.makeCertificate("one", subject: "/CN=one")
        let arguments = isPKCS8 ? ["pkcs8", "-topk8"] : ["ec", "-aes128"]
        try workshop.openssl(
            arguments[0],
            arguments[1],
            "-in",
            "one.key",
            "-out",
            "locked.key",
            "-passout",
            "pass:test"
        )
        let locked = try workshop.text("locked.key")
        let error = try #require(throws: OpenSSLError.self) { _ = try PrivateKey(pem: locked) }
        #expect(error.code == .encryptedKey)
        #expect(!error.message.contains("test"))
    }

    @Test("A text without a key is refused", arguments: ["", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
    func noKey(text: String) throws {
        let error = try #require(throws: OpenSSLError.self) { _ = try PrivateKey(pem: text) }
        #expect(error.code == .malformedKey)
    }

    @Test("A key's size is that of its curve or modulus")
    func sizes() throws {
        let workshop = try Workshop()
        defer { #expect(throws: Never.self) { try workshop.remove() } }
        try workshop.makeCertificate("one", subject: "/CN=one")
        try workshop.openssl("genrsa", "-traditional", "-out", "rsa.key", "2048")
        #expect(try PrivateKey(pem: try workshop.text("one.key")).sizeInBits == 256)
        #expect(try PrivateKey(pem: try workshop.text("rsa.key")).sizeInBits == 2048)
    }
}
