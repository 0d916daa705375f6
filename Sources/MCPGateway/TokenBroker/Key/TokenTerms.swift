// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import OAuth
import OpenSSL

/// All that a route's tokens are obtained on, whoever the user is: as a digest, because each request compares it.
///
/// The endpoint of leg 2 and the scopes are not in it: the one may be discovered, and the others may be stepped up.
struct TokenTerms: Hashable, Sendable {
    let bytes: [UInt8]

    init(_ source: TokenSource, resource: String) {
        var encoding = LengthPrefixed()
        switch source {
        case .forwarding(let forwarding):
            encoding.append("forwarding")
            encoding.append(all: forwarding.requiredAudiences)
            encoding.append(all: forwarding.targets.map(\.issuer))
            encoding.append(all: forwarding.targets.map(\.audience))
        case .exchange(let peer, let expected):
            encoding.append("exchange")
            encoding.append(peer.endpoint)
            Self.append(peer, to: &encoding)
            encoding.append(ifPresent: expected.connectorID)
            encoding.append(expected.issuer)
            encoding.append(all: expected.audiences)
        case .assertion(let provider, let server, let assertion):
            encoding.append("assertion")
            encoding.append(provider.endpoint)
            Self.append(provider, to: &encoding)
            encoding.append(assertion.audience)
            for flag in [assertion.sendsResource, assertion.authServerSendsResource, assertion.isLenient] {
                encoding.append(flag ? "1" : "0")
            }
            Self.append(server, to: &encoding)
        }
        encoding.append(resource)
        bytes = SHA256.digest(encoding.bytes)
    }

    private static func append(_ peer: TokenPeer, to encoding: inout LengthPrefixed) {
        encoding.append(peer.client.clientID)
        encoding.append(peer.credential.bytes)
    }
}
