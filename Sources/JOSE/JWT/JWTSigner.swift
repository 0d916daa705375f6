// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
package import OpenSSL

/// Issues tokens of one kind.
package struct JWTSigner: Sendable {
    /// Signs them.
    package let key: SigningKey
    /// The member `typ`; `nil` leaves it out.
    package let type: String?

    package init(key: SigningKey, type: String? = "JWT") {
        self.key = key
        self.type = type
    }

    /// Signs claims as they are given.
    package func sign(_ claims: JSONObject) throws(OpenSSLError) -> Redacted<String> {
        var header: JSONObject = ["alg": .string(key.algorithm.rawValue)]
        header["typ"] = type.map(JSONValue.string)
        header["kid"] = key.keyID.map(JSONValue.string)
        let input = [header, claims].map { Base64URL.encode(JSONValue.object($0).serialized()) }.joined(separator: ".")
        return Redacted("\(input).\(Base64URL.encode(try key.sign(Array(input.utf8))))")
    }
}
