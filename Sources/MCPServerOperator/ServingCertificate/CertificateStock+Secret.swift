// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import OpenSSL

extension CertificateStock {
    /// The keys of the Secret.
    enum Key: String, CaseIterable {
        case signer = "ca.crt"
        case signerKey = "ca.key"
        case successor = "next-ca.crt"
        case successorKey = "next-ca.key"
        case retired = "old-ca.crt"
        case serving = "tls.crt"
        case servingKey = "tls.key"
    }

    /// Reads what of a Secret's data can be used.
    ///
    /// - Returns: The stock, and a sentence on every part that is there and no good; none says anything of a key.
    static func read(_ data: [String: Redacted<[UInt8]>]) -> (stock: CertificateStock, damages: [String]) {
        var reader = StockReader(data: data)
        let stock = reader.stock()
        return (stock, reader.damages)
    }

    /// The merge patch that makes a Secret hold this stock, if it is still at that version.
    func patch(from version: ResourceVersion) -> JSONValue {
        var data = JSONObject()
        let texts: [(Key, String?)] = [
            (.signer, signer?.certificate), (.signerKey, signer?.key.exposed),
            (.successor, successor?.certificate), (.successorKey, successor?.key.exposed),
            (.retired, retired.isEmpty ? nil : retired.map(\.certificate).joined()),
            (.serving, serving?.certificate), (.servingKey, serving?.key.exposed),
        ]
        for (key, text) in texts {
            data[key.rawValue] = text.map { .string(Base64.encode(Array($0.utf8))) } ?? .null
        }
        return ["metadata": ["resourceVersion": .string(version.rawValue)], "data": .object(data)]
    }
}

/// Reads the parts of a stock, and collects what is wrong with them.
private struct StockReader {
    let data: [String: Redacted<[UInt8]>]
    var damages: [String] = []

    mutating func stock() -> CertificateStock {
        var stock = CertificateStock(retired: retired())
        let (signer, lost) = authority(.signer, .signerKey)
        stock.signer = signer
        // Its key is gone, so it signs nothing more; what it signed is still good.
        if let lost { stock.retire(lost) }
        stock.successor = authority(.successor, .successorKey).usable
        stock.serving = serving(of: signer)
        return stock
    }

    private mutating func authority(
        _ certificateKey: CertificateStock.Key,
        _ privateKey: CertificateStock.Key
    ) -> (usable: CertificateStock.Pair?, lost: CertificateStock.Authority?) {
        guard let certificate = text(certificateKey) else {
            if data[privateKey.rawValue] != nil { report(privateKey, "has no certificate beside it") }
            return (nil, nil)
        }
        guard let facts = facts(certificate, certificateKey) else { return (nil, nil) }
        guard facts.isAuthority else {
            report(certificateKey, "may not sign certificates")
            return (nil, nil)
        }
        guard let key = key(privateKey, of: certificate) else {
            let lost = CertificateStock.Authority(
                certificate: certificate,
                notBefore: facts.notBefore,
                notAfter: facts.notAfter
            )
            return (nil, lost)
        }
        let pair = CertificateStock.Pair(
            certificate: certificate,
            key: key,
            notBefore: facts.notBefore,
            notAfter: facts.notAfter
        )
        return (pair, nil)
    }

    private mutating func serving(of signer: CertificateStock.Pair?) -> CertificateStock.Pair? {
        guard let certificate = text(.serving), let facts = facts(certificate, .serving),
            let key = key(.servingKey, of: certificate)
        else { return nil }
        return CertificateStock.Pair(
            certificate: certificate,
            key: key,
            notBefore: facts.notBefore,
            notAfter: facts.notAfter,
            names: ServingNames(
                dnsNames: facts.alternativeNames.dnsNames,
                addresses: facts.alternativeNames.addresses
            ),
            isOfSigner: isIssued(certificate, by: signer)
        )
    }

    private mutating func isIssued(_ certificate: String, by signer: CertificateStock.Pair?) -> Bool {
        guard let signer else { return false }
        do throws(OpenSSLError) {
            return try Certificate.isIssued(certificate, by: signer.certificate)
        } catch {
            report(.serving, "cannot be compared with its authority (\(error.message))")
            return false
        }
    }

    private mutating func retired() -> [CertificateStock.Authority] {
        guard let bundle = text(.retired) else { return [] }
        var authorities: [CertificateStock.Authority] = []
        for block in Self.blocks(of: bundle) {
            guard let facts = facts(block, .retired) else { continue }
            authorities.append(
                CertificateStock.Authority(certificate: block, notBefore: facts.notBefore, notAfter: facts.notAfter)
            )
        }
        return Array(authorities.prefix(4))
    }

    /// The PEM blocks of a bundle that this program wrote.
    private static func blocks(of bundle: String) -> [String] {
        let end = "-----END CERTIFICATE-----"
        var blocks: [String] = []
        var lines: [Substring] = []
        for line in bundle.split(separator: "\n") {
            lines.append(line)
            guard line == end else { continue }
            blocks.append(lines.joined(separator: "\n") + "\n")
            lines = []
        }
        if !lines.isEmpty { blocks.append(lines.joined(separator: "\n") + "\n") }
        return blocks
    }

    private mutating func text(_ key: CertificateStock.Key) -> String? {
        guard let bytes = data[key.rawValue]?.exposed else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            report(key, "is not text")
            return nil
        }
        return text
    }

    private mutating func facts(_ certificate: String, _ key: CertificateStock.Key) -> Certificate? {
        do throws(OpenSSLError) { return try Certificate(pem: certificate) } catch {
            report(key, "cannot be used (\(error.message))")
            return nil
        }
    }

    /// The private key under a name, if it is that of the certificate.
    private mutating func key(_ key: CertificateStock.Key, of certificate: String) -> Redacted<String>? {
        guard let text = text(key) else {
            report(key, "is missing")
            return nil
        }
        do throws(OpenSSLError) {
            try KeyPair.verify(certificateChain: certificate, privateKey: text)
            return Redacted(text)
        } catch {
            report(key, "cannot be used (\(error.message))")
            return nil
        }
    }

    private mutating func report(_ key: CertificateStock.Key, _ problem: String) {
        damages.append("'\(key.rawValue)' \(problem).")
    }
}
