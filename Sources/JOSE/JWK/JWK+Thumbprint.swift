// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
import OpenSSL

extension JWK {
    /// The SHA-256 thumbprint in Base64url: [RFC 7638 §3](https://www.rfc-editor.org/rfc/rfc7638#section-3).
    package var thumbprint: String { Base64URL.encode(SHA256.digest(requiredMembers.serialized(.canonical))) }

    /// The key as it is published.
    package var json: JSONValue {
        var json = requiredMembers.objectValue ?? JSONObject()
        json["use"] = "sig"
        json["kid"] = keyID.map(JSONValue.string)
        json["alg"] = algorithm.map { .string($0.rawValue) }
        return .object(json)
    }

    private var requiredMembers: JSONValue {
        func text(_ bytes: [UInt8]) -> JSONValue { .string(Base64URL.encode(bytes)) }
        return switch parameters {
        case .rsa(let modulus, let exponent): ["e": text(exponent), "kty": "RSA", "n": text(modulus)]
        case .ellipticCurve(let curve, let x, let y):
            ["crv": .string(curve.rawValue), "kty": "EC", "x": text(x), "y": text(y)]
        case .ed25519(let bytes): ["crv": "Ed25519", "kty": "OKP", "x": text(bytes)]
        }
    }
}
