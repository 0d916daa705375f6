// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import OpenSSL

/// A user of an identity provider.
///
/// Compared byte for byte: `==` on texts takes two spellings of an accented letter for one user.
package struct UserIdentity: Hashable, Sendable {
    /// The provider.
    package let issuer: String
    /// The tenant of a provider that has several, who may each have a user of the same name; `nil` for one that has none.
    package let tenant: String?
    /// The user, by the provider's own name.
    package let subject: String
    /// All of it, in a form that no other user has.
    let encoded: [UInt8]

    package init(issuer: String, tenant: String?, subject: String) {
        self.issuer = issuer
        self.tenant = tenant
        self.subject = subject
        var encoding = LengthPrefixed()
        encoding.append(issuer)
        encoding.append(ifPresent: tenant)
        encoding.append(subject)
        encoded = encoding.bytes
    }

    /// Stands for the user in records, the same at every replica, and does not say who it is.
    var digest: String { String(SHA256.hexadecimalDigest(encoded).prefix(16)) }

    package static func == (left: UserIdentity, right: UserIdentity) -> Bool { left.encoded == right.encoded }

    package func hash(into hasher: inout Hasher) { hasher.combine(subject) }
}

/// A user in one sign-in session.
package struct SessionIdentity: Hashable, Sendable {
    /// Who signed in.
    package let user: UserIdentity
    /// The sign-in session, by a name that is the same for all its tokens.
    package let session: String
    private let key: [UInt8]

    package init(user: UserIdentity, session: String) {
        self.user = user
        self.session = session
        key = Array(session.utf8)
    }

    /// Stands for the session in records.
    var digest: String {
        var encoding = LengthPrefixed()
        encoding.append(user.digest)
        encoding.append(key)
        return String(SHA256.hexadecimalDigest(encoding.bytes).prefix(16))
    }

    package static func == (left: SessionIdentity, right: SessionIdentity) -> Bool {
        left.user == right.user && left.key == right.key
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(user)
        hasher.combine(session)
    }
}
