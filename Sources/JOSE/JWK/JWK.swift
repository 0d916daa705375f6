// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
package import OpenSSL

/// A public key for signatures: [RFC 7517 §4](https://www.rfc-editor.org/rfc/rfc7517#section-4).
package struct JWK: Sendable {
    /// OpenSSL's key, shared by the copies of the value.
    private final class Handle: Sendable {
        let key: PublicKey

        init(_ key: consuming PublicKey) { self.key = key }
    }

    /// The member `kid`.
    package let keyID: String?
    /// The member `alg`; without one the key serves every algorithm that fits it.
    package let algorithm: SignatureAlgorithm?
    /// The numbers, without leading zeros.
    package let parameters: PublicKeyParameters
    private let handle: Handle

    /// Members that only private and symmetric keys have (RFC 7518 §6).
    private static let privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]

    /// Makes one of numbers.
    package init(
        _ parameters: PublicKeyParameters,
        keyID: String? = nil,
        algorithm: SignatureAlgorithm? = nil
    ) throws(JWKProblem) {
        self.parameters = Self.normalized(parameters)
        do {
            handle = Handle(try PublicKey(self.parameters))
        } catch {
            throw error.code == .unsupportedKey ? .unacceptableSize : .malformed
        }
        self.keyID = keyID
        self.algorithm = algorithm
        if let algorithm, !fits(algorithm) { throw .notForSignatures }
    }

    /// Reads a key.
    ///
    /// - Throws: ``JWKProblem``; a set steps over such keys.
    package init(json: JSONValue) throws(JWKProblem) {
        guard case .object(let members) = json, let type = try Self.text("kty", in: members) else { throw .malformed }
        let parameters = try Self.parameters(type: type, members)
        guard Self.privateMembers.allSatisfy({ members[$0] == nil }) else { throw .compromised }
        if let use = try Self.text("use", in: members), use != "sig" { throw .notForSignatures }
        if let operations = members["key_ops"] {
            guard case .array(let elements) = operations else { throw .malformed }
            guard elements.contains("verify") else { throw .notForSignatures }
        }
        let algorithmName = try Self.text("alg", in: members)
        let algorithm = algorithmName.flatMap(SignatureAlgorithm.init)
        guard algorithmName == nil || algorithm != nil else { throw .notForSignatures }
        try self.init(parameters, keyID: try Self.text("kid", in: members), algorithm: algorithm)
    }

    /// Whether a token with that algorithm may be checked with the key.
    package func fits(_ algorithm: SignatureAlgorithm) -> Bool {
        (self.algorithm == nil || self.algorithm == algorithm) && algorithm.scheme.fits(handle.key.kind)
    }

    /// Whether the signature is the key's.
    func isValid(_ signature: [UInt8], for message: [UInt8], algorithm: SignatureAlgorithm) -> Bool {
        handle.key.isValid(signature, for: message, scheme: algorithm.scheme)
    }

    private static func parameters(type: String, _ members: JSONObject) throws(JWKProblem) -> PublicKeyParameters {
        switch type {
        case "RSA": return .rsa(modulus: try number("n", in: members), exponent: try number("e", in: members))
        case "EC":
            guard let name = try text("crv", in: members) else { throw .malformed }
            guard let curve = EllipticCurve(rawValue: name) else { throw .unsupported }
            return .ellipticCurve(curve, x: try number("x", in: members), y: try number("y", in: members))
        case "OKP":
            guard let name = try text("crv", in: members) else { throw .malformed }
            guard name == "Ed25519" else { throw .unsupported }
            return .ed25519(try number("x", in: members))
        default: throw .unsupported
        }
    }

    private static func normalized(_ parameters: PublicKeyParameters) -> PublicKeyParameters {
        guard case .rsa(let modulus, let exponent) = parameters else { return parameters }
        return .rsa(modulus: Array(modulus.drop { $0 == 0 }), exponent: Array(exponent.drop { $0 == 0 }))
    }

    private static func text(_ name: String, in members: JSONObject) throws(JWKProblem) -> String? {
        guard let value = members[name] else { return nil }
        guard case .string(let text) = value else { throw .malformed }
        return text
    }

    private static func number(_ name: String, in members: JSONObject) throws(JWKProblem) -> [UInt8] {
        guard let text = try text(name, in: members), let bytes = Base64URL.decode(text) else { throw .malformed }
        return bytes
    }
}
