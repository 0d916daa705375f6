// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
import OpenSSL
package import RouteTable

/// Hides an upstream's session id from its client, and ties it to the server and the user it belongs to.
///
/// What the client holds is no use to anybody else, and any replica with the key opens it.
package struct SessionSeal: Sendable {
    /// A key that cannot be used.
    package struct UnusableKey: Error, Hashable, Sendable {}

    /// The longest session id of an upstream that is accepted, in bytes.
    package static let longestID = 1_024
    /// The only form there is; another one gets another first byte.
    private static let form: UInt8 = 1
    private static let headCount = 1 + AES256GCM.nonceByteCount

    private let keys: [Redacted<[UInt8]>]
    private let random: @Sendable (_ count: Int) throws -> [UInt8]

    /// - Parameters:
    ///   - keys: 32 bytes each; the first one seals, all of them open.
    ///   - random: Makes bytes that nobody can foretell.
    /// - Throws: ``UnusableKey`` if there is no key, or one of another length.
    package init(
        keys: [Redacted<[UInt8]>],
        random: @escaping @Sendable (_ count: Int) throws -> [UInt8]
    ) throws(UnusableKey) {
        guard !keys.isEmpty, keys.allSatisfy({ $0.exposed.count == AES256GCM.keyByteCount }) else {
            throw UnusableKey()
        }
        self.keys = keys
        self.random = random
    }

    /// What the client gets for a session id of its server.
    ///
    /// - Returns: `nil` for an id that no server may use
    ///   ([MCP 2025-11-25, session management](https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management)).
    /// - Throws: What the source of randomness throws, or `OpenSSLError`.
    package func seal(_ id: String, of server: RouteKey, for user: UserIdentity) throws -> String? {
        guard !id.isEmpty, id.utf8.count <= Self.longestID, id.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let key = keys.first
        else { return nil }
        let nonce = try random(AES256GCM.nonceByteCount)
        let sealed = try AES256GCM.seal(
            Array(id.utf8),
            context: Self.context(server, user),
            key: key.exposed,
            nonce: nonce
        )
        return Base64URL.encode([Self.form] + nonce + sealed)
    }

    /// The server's own session id.
    ///
    /// - Returns: `nil` for what was not sealed for this server and this user.
    /// - Throws: `OpenSSLError` if OpenSSL does not work.
    package func open(_ text: String, of server: RouteKey, for user: UserIdentity) throws -> String? {
        let longest = Self.headCount + Self.longestID + AES256GCM.tagByteCount
        guard text.utf8.count <= longest * 2, let bytes = Base64URL.decode(text), bytes.count <= longest,
            bytes.count > Self.headCount, bytes.first == Self.form
        else { return nil }
        let nonce = Array(bytes[1..<Self.headCount])
        let context = Self.context(server, user)
        for key in keys {
            let opened = try AES256GCM.open(
                Array(bytes[Self.headCount...]),
                context: context,
                key: key.exposed,
                nonce: nonce
            )
            if let opened { return String(decoding: opened, as: UTF8.self) }
        }
        return nil
    }

    private static func context(_ server: RouteKey, _ user: UserIdentity) -> [UInt8] {
        var encoding = LengthPrefixed()
        encoding.append(server.namespace)
        encoding.append(server.name)
        encoding.append(user.encoded)
        return encoding.bytes
    }
}
