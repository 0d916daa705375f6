// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JOSE
import JSON
package import OpenSSL

/// The keys of an issuer: one signs, those before it may still be published.
package struct SigningKeys: Sendable {
    /// How many keys are published at most.
    static let limit = 4

    /// What new tokens are signed with.
    package private(set) var current: SigningKey
    /// The public keys, the newest first.
    package private(set) var published: JWKSet
    /// A key that is never published, so that no signature of it can be checked.
    let unpublished: SigningKey

    /// Makes the first key.
    package init() throws(OpenSSLError) {
        current = try Self.make()
        published = JWKSet(keys: [current.publicKey])
        unpublished = try Self.make()
    }

    /// Signs new tokens with a new key.
    ///
    /// - Parameter keepsOld: Whether keys so far stay published, so that tokens signed with them stay good.
    /// - Throws: `OpenSSLError` when no key can be made.
    package mutating func rotate(keepsOld: Bool) throws(OpenSSLError) {
        current = try Self.make()
        let old = keepsOld ? published.keys.prefix(Self.limit - 1) : []
        published = JWKSet(keys: [current.publicKey] + old)
    }

    /// Signs claims with the key of the moment, changed as a test wants it.
    func sign(_ claims: JSONObject, type: String, _ fault: Fault?) throws(OAuthRefusal) -> Redacted<String> {
        let key = fault?.usesUnpublishedKey == true ? unpublished : current
        let changed = JSONValue.object(claims).merging(patch: .object(fault?.claims ?? JSONObject()))
        do {
            return try JWTSigner(key: key, type: fault?.type ?? type).sign(changed.objectValue ?? claims)
        } catch {
            throw OAuthRefusal(.temporarilyUnavailable, "The key does not sign.")
        }
    }

    /// A key under its thumbprint, so that no two keys ever share a name, whichever run of the program they are from.
    private static func make() throws(OpenSSLError) -> SigningKey {
        let text = Redacted(try PrivateKey.makeP256().pem())
        return try SigningKey(pem: text, keyID: try SigningKey(pem: text).publicKey.thumbprint)
    }
}
