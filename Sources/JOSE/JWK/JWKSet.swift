// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// The keys an issuer publishes: [RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5).
package struct JWKSet: Sendable {
    /// Bounds on a set, which its issuer or whoever answers in its name decides about.
    package struct Limits: Hashable, Sendable {
        /// The length of the document: a hundred keys with their certificates.
        package var maximumBytes: Int
        /// How many keys there may be, those that are not used among them.
        package var maximumKeys: Int

        package init(maximumBytes: Int = 512 << 10, maximumKeys: Int = 100) {
            self.maximumBytes = maximumBytes
            self.maximumKeys = maximumKeys
        }
    }

    /// Those that can be used, in their order.
    package let keys: [JWK]
    /// Why others are not, in their order: an unknown type is no error (RFC 7517 §5).
    package let skipped: [JWKProblem]

    package init(keys: [JWK], skipped: [JWKProblem] = []) {
        self.keys = keys
        self.skipped = skipped
    }

    /// Reads a document.
    ///
    /// - Throws: ``JWKSetError`` when it is no set. One whose keys are all of no use is a set, with no keys.
    package init(parsing bytes: [UInt8], limits: Limits = Limits()) throws(JWKSetError) {
        guard bytes.count <= limits.maximumBytes else { throw .tooLarge }
        let json: JSONValue
        do {
            json = try JSONValue(
                parsing: bytes,
                limits: JSONLimits(maximumDepth: 8, maximumBytes: limits.maximumBytes, maximumValues: 20_000)
            )
        } catch { throw .malformed }
        guard case .array(let elements) = json["keys"] else { throw .malformed }
        guard elements.count <= limits.maximumKeys else { throw .tooLarge }
        var keys: [JWK] = []
        var skipped: [JWKProblem] = []
        for element in elements {
            do throws(JWKProblem) { keys.append(try JWK(json: element)) } catch { skipped.append(error) }
        }
        self.init(keys: keys, skipped: skipped)
    }

    /// The keys with exactly that ID, of which there may be several, or all if there is none to go by.
    package func keys(withID keyID: String?) -> [JWK] {
        guard let keyID else { return keys }
        return keys.filter { $0.keyID?.hasSameBytes(as: keyID) ?? false }
    }

    /// The set as it is published.
    package var json: JSONValue { ["keys": .array(keys.map(\.json))] }
}

/// Why a document is no set of keys.
package enum JWKSetError: String, Error, Hashable, Sendable, CustomStringConvertible {
    /// It is longer, or has more keys, than is accepted.
    case tooLarge = "too_large"
    /// It is not JSON, or has no array `keys`.
    case malformed

    package var description: String {
        switch self {
        case .tooLarge: "Could not read a set of keys: it is too large. Check what the URL serves."
        case .malformed:
            "Could not read a set of keys: it is no JSON object with an array 'keys'. Check what the URL serves."
        }
    }
}
