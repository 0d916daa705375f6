// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import OAuth
import RouteTable

/// What a user's consent was given for: it is used for nothing else.
struct GrantBinding: Hashable, Sendable {
    /// How the gateway is a client of the authorization server.
    enum Registration: Hashable, Sendable {
        /// Somebody registered it and wrote it into the resource.
        case byHand
        /// Its id is the URL of its metadata.
        case metadataURL
        /// It registered itself.
        case dynamic
    }

    /// The uid of the server's resource: a server that is deleted and made again is another one.
    var uid: String
    /// Of the authorization server that was asked.
    var issuer: String
    /// Where users were sent there.
    var authorizationEndpoint: String
    /// Where the code became tokens.
    var tokenEndpoint: String
    /// What the access tokens are for.
    var resource: String
    /// Who asked.
    var clientID: String
    /// How it became a client.
    var registration: Registration

    /// Whether a route still stands for what the user consented to.
    func fits(_ route: Route) -> Bool {
        guard case .authorizationCode(let mode) = route.authentication, uid.hasSameBytes(as: route.uid) else {
            return false
        }
        if let issuer = mode.issuer, !issuer.hasSameBytes(as: self.issuer) { return false }
        // What is beside an issuer can be somebody else's; what the issuer itself says may change.
        if let pinned = mode.authorizationEndpoint, !pinned.hasSameBytes(as: authorizationEndpoint) { return false }
        if let pinned = mode.tokenEndpoint, !pinned.hasSameBytes(as: tokenEndpoint) { return false }
        if let client = mode.client {
            guard registration == .byHand, client.id.hasSameBytes(as: clientID) else { return false }
        } else if registration == .byHand {
            return false
        }
        if resource.hasSameBytes(as: route.resource) { return true }
        // A server may have said that its tokens are for its whole origin.
        return mode.issuer == nil && ResourceRule.matches(resource: resource, server: route.url)
    }

    static func == (left: GrantBinding, right: GrantBinding) -> Bool {
        left.registration == right.registration
            && zip(left.texts, right.texts).allSatisfy { left, right in left.hasSameBytes(as: right) }
    }

    func hash(into hasher: inout Hasher) { for text in texts { hasher.combine(Array(text.utf8)) } }

    private var texts: [String] { [uid, issuer, authorizationEndpoint, tokenEndpoint, resource, clientID] }
}
