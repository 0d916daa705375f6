// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import OpenSSL

/// A public key as the testing macros can hold it.
private final class Verifier {
    let key: PublicKey

    init(_ parameters: PublicKeyParameters) throws { key = try PublicKey(parameters) }

    func isValid(_ signature: [UInt8], for message: [UInt8], scheme: SignatureScheme) -> Bool {
        key.isValid(signature, for: message, scheme: scheme)
    }
}

@Suite("Signatures")
struct SignatureTests {
    static let schemes: [(KeyKind, [SignatureScheme])] = [
        (
            .rsa(bits: 2_048),
            DigestAlgorithm.allCases.map(SignatureScheme.rsaPKCS1)
                + DigestAlgorithm.allCases.map(SignatureScheme.rsaPSS)
        ),
        (.ellipticCurve(.p256), [.ecdsa(.p256)]),
        (.ellipticCurve(.p384), [.ecdsa(.p384)]),
        (.ellipticCurve(.p521), [.ecdsa(.p521)]),
        (.ed25519, [.ed25519]),
    ]
    static let allSchemes = schemes.flatMap(\.1)
    private static let message = Array("a message".utf8)

    @Test(
        "A key made of the public parameters accepts its signature, and no other message, key or scheme",
        arguments: schemes
    )
    func roundTrip(kind: KeyKind, schemes: [SignatureScheme]) throws {
        let key = try PrivateKey.make(kind)
        let madeKind = try key.kind()
        #expect(madeKind == kind)
        let publicKey = try Verifier(try key.publicParameters())
        let other = try Verifier(try PrivateKey.make(kind).publicParameters())
        #expect(publicKey.key.kind == kind)
        for scheme in schemes {
            let signature = try key.sign(Self.message, scheme: scheme)
            #expect(publicKey.isValid(signature, for: Self.message, scheme: scheme))
            #expect(!publicKey.isValid(signature, for: Self.message + [0], scheme: scheme))
            #expect(!other.isValid(signature, for: Self.message, scheme: scheme))
            for wrong in Self.allSchemes where wrong != scheme {
                #expect(!publicKey.isValid(signature, for: Self.message, scheme: wrong), "\(scheme) as \(wrong)")
            }
            for position in signature.indices {
                var changed = signature
                changed[position] ^= 1
                #expect(!publicKey.isValid(changed, for: Self.message, scheme: scheme), "byte \(position)")
            }
            for wrong in [[], Array(signature.dropLast()), signature + [0], [0] + signature] {
                #expect(!publicKey.isValid(wrong, for: Self.message, scheme: scheme))
            }
        }
        for scheme in Self.allSchemes where !schemes.contains(scheme) {
            #expect(throws: OpenSSLError.self) { try key.sign(Self.message, scheme: scheme) }
        }
    }

    @Test("An ECDSA signature of a zero, in DER, or of the other length is none", arguments: EllipticCurve.allCases)
    func badECDSA(curve: EllipticCurve) throws {
        let key = try PrivateKey.make(.ellipticCurve(curve))
        let publicKey = try Verifier(try key.publicParameters())
        let signature = try key.sign(Self.message, scheme: .ecdsa(curve))
        #expect(signature.count == 2 * curve.byteCount)
        let zero = [UInt8](repeating: 0, count: curve.byteCount)
        let full = [UInt8](repeating: 0xFF, count: curve.byteCount)
        let (r, s) = (Array(signature.prefix(curve.byteCount)), Array(signature.suffix(curve.byteCount)))
        let der = try #require(ECDSASignature.der(raw: signature, curve: curve))
        #expect(ECDSASignature.raw(der: der, curve: curve) == signature)
        for bad in [zero + s, r + zero, zero + zero, full + s, r + full, s + r, der] {
            #expect(!publicKey.isValid(bad, for: Self.message, scheme: .ecdsa(curve)))
        }
    }

    @Test("The DER form of a signature is read strictly")
    func derForm() {
        let small = [UInt8](repeating: 0, count: 31) + [0x80] + [UInt8](repeating: 0, count: 31) + [1]
        let der: [UInt8] = [0x30, 0x07, 0x02, 0x02, 0x00, 0x80, 0x02, 0x01, 0x01]
        #expect(ECDSASignature.der(raw: small, curve: .p256) == der)
        #expect(ECDSASignature.raw(der: der, curve: .p256) == small)
        for count in der.indices { #expect(ECDSASignature.raw(der: Array(der.prefix(count)), curve: .p256) == nil) }
        #expect(ECDSASignature.raw(der: der + [0], curve: .p256) == nil)
        #expect(ECDSASignature.raw(der: [0x30, 0x80] + der.dropFirst(2), curve: .p256) == nil)
        let long: [UInt8] = [0x02, 0x22, 0x01] + [UInt8](repeating: 1, count: 33)
        #expect(ECDSASignature.raw(der: [0x30, 0x27] + long + [0x02, 0x01, 0x01], curve: .p256) == nil)
    }

    @Test("The salt of PSS is as long as the digest: the openssl program accepts it, and another length is refused")
    func saltLength() throws {
        let workshop = try Workshop()
        defer { #expect(throws: Never.self) { try workshop.remove() } }
        let key = try PrivateKey.make(.rsa(bits: 2_048))
        try workshop.write(try key.pem(), to: "key.pem")
        try workshop.openssl("pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")
        try workshop.write("a message", to: "message")
        let publicKey = try Verifier(try key.publicParameters())
        func options(_ salt: String) -> [String] {
            ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:\(salt)"]
        }
        let signature = try key.sign(Self.message, scheme: .rsaPSS(.sha256))
        try Data(signature).write(to: workshop.folder.appendingPathComponent("ours"))
        let check = ["dgst", "-sha256", "-verify", "public.pem", "-signature", "ours"] + options("32") + ["message"]
        #expect(try workshop.run(check).status == 0)
        for (salt, isValid) in [("32", true), ("20", false), ("0", false), ("max", false)] {
            let sign = ["dgst", "-sha256", "-sign", "key.pem", "-out", "theirs"] + options(salt) + ["message"]
            try #require(try workshop.run(sign).status == 0)
            let theirs = Array(try Data(contentsOf: workshop.folder.appendingPathComponent("theirs")))
            #expect(publicKey.isValid(theirs, for: Self.message, scheme: .rsaPSS(.sha256)) == isValid, "salt \(salt)")
        }
    }

    @Test("An RSA key outside 2048 to 8192 bits is refused, to check with and to sign with", arguments: [1_024, 2_040])
    func weakKeys(bits: Int) throws {
        #expect(throws: OpenSSLError.self) { _ = try PrivateKey.make(.rsa(bits: bits)) }
        let modulus = [UInt8](repeating: 0xFF, count: bits / 8)
        let error = try #require(throws: OpenSSLError.self) {
            _ = try PublicKey(.rsa(modulus: modulus, exponent: [1, 0, 1]))
        }
        #expect(error.code == .unsupportedKey)
        let workshop = try Workshop()
        defer { #expect(throws: Never.self) { try workshop.remove() } }
        try workshop.openssl("genrsa", "-out", "weak.pem", "\(bits)")
        let weak = try PrivateKey(pem: try workshop.text("weak.pem"))
        #expect(throws: OpenSSLError.self) { try weak.kind() }
        #expect(throws: OpenSSLError.self) { try weak.sign(Self.message, scheme: .rsaPKCS1(.sha256)) }
    }

    @Test("RSA parameters that are no key are refused")
    func badRSA() throws {
        let modulus = [UInt8](repeating: 0xFF, count: 256)
        _ = try PublicKey(.rsa(modulus: [0, 0] + modulus, exponent: [0, 1, 0, 1]))
        for exponent: [UInt8] in [[], [0], [1], [0, 1], [2], [1, 0, 0], [1, 0, 0, 0, 1]] {
            #expect(throws: OpenSSLError.self) { _ = try PublicKey(.rsa(modulus: modulus, exponent: exponent)) }
        }
        let wrongModuli: [[UInt8]] = [[], [0], modulus.dropLast() + [0xFE], [UInt8](repeating: 0xFF, count: 1_025)]
        for wrong in wrongModuli {
            #expect(throws: OpenSSLError.self) { _ = try PublicKey(.rsa(modulus: wrong, exponent: [1, 0, 1])) }
        }
        _ = try PublicKey(.rsa(modulus: [UInt8](repeating: 0xFF, count: 1_024), exponent: [3]))
    }

    @Test("A point that is not on its curve is refused", arguments: EllipticCurve.allCases)
    func badPoints(curve: EllipticCurve) throws {
        guard case .ellipticCurve(_, let x, let y) = try PrivateKey.make(.ellipticCurve(curve)).publicParameters()
        else {
            Issue.record("The key is on another curve")
            return
        }
        _ = try PublicKey(.ellipticCurve(curve, x: x, y: y))
        let zero = [UInt8](repeating: 0, count: curve.byteCount)
        let full = [UInt8](repeating: 0xFF, count: curve.byteCount)
        var moved = y
        moved[curve.byteCount - 1] ^= 1
        for (badX, badY) in [
            (x, moved), (zero, zero), (full, full), (x, []), ([], []), ([0] + x, y), (Array(x.dropLast()), y),
        ] {
            let error = try #require(throws: OpenSSLError.self) {
                _ = try PublicKey(.ellipticCurve(curve, x: badX, y: badY))
            }
            #expect(error.code == .malformedKey)
        }
    }

    @Test("An Ed25519 key has 32 bytes", arguments: [0, 31, 33])
    func badEd25519(count: Int) {
        #expect(throws: OpenSSLError.self) { _ = try PublicKey(.ed25519([UInt8](repeating: 1, count: count))) }
    }

    @Test(
        "A key for TLS on another curve, or for another purpose, signs no tokens",
        arguments: ["secp256k1", "X25519", "RSA-PSS"]
    )
    func otherKinds(name: String) throws {
        let workshop = try Workshop()
        defer { #expect(throws: Never.self) { try workshop.remove() } }
        if name == "secp256k1" {
            try workshop.openssl(
                "genpkey",
                "-algorithm",
                "EC",
                "-pkeyopt",
                "ec_paramgen_curve:secp256k1",
                "-out",
                "key.pem"
            )
        } else {
            try workshop.openssl("genpkey", "-algorithm", name, "-out", "key.pem")
        }
        let key = try PrivateKey(pem: try workshop.text("key.pem"))
        let error = try #require(throws: OpenSSLError.self) { try key.kind() }
        #expect(error.code == .unsupportedKey)
    }
}
