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
        left.uid.hasSameBytes(as: right.uid) && left.issuer.hasSameBytes(as: right.issuer)
            && left.resource.hasSameBytes(as: right.resource) && left.clientID.hasSameBytes(as: right.clientID)
            && left.registration == right.registration
    }

    func hash(into hasher: inout Hasher) {
        for text in [uid, issuer, resource, clientID] { hasher.combine(Array(text.utf8)) }
    }
}
