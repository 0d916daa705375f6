// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import OAuth
import RouteTable

/// The clients that authorization servers have registered for MCP servers, and why others could not be; the time is a
/// parameter.
///
/// A client belongs to the MCP server that it was registered for, and to the place where that was: nothing that one server,
/// or its authorization server, does makes another one lose its client or use a strange one.
struct ClientRegistrations: Sendable {
    /// For whom and where a client is registered.
    struct Place: Hashable, Sendable {
        let server: RouteKey
        let issuer: String
        /// All of it as bytes: texts that are equal to Swift can be two issuers.
        private let bytes: [UInt8]

        init(server: RouteKey, issuer: String, endpoint: String, redirectURI: String) {
            self.server = server
            self.issuer = issuer
            var encoding = LengthPrefixed()
            for text in [issuer, endpoint, redirectURI] { encoding.append(text) }
            bytes = encoding.bytes
        }
    }

    /// What is known of one server.
    private struct Known: Sendable {
        var clients: BoundedTable<Place, ClientRegistration>
        var failures: BoundedTable<Place, (error: RegistrationError, until: Duration)>

        init(limit: Int) {
            clients = BoundedTable(limit: limit)
            failures = BoundedTable(limit: limit)
        }
    }

    private let perServer: Int
    private var servers: BoundedTable<RouteKey, Known>

    /// - Parameters:
    ///   - limit: How many servers there may be.
    ///   - perServer: At how many places each may have a client: one that always names another gets in its own way alone.
    init(limit: Int = 1_000, perServer: Int = 8) {
        self.perServer = perServer
        servers = BoundedTable(limit: limit)
    }

    /// The client that there is.
    ///
    /// - Parameters:
    ///   - place: For whom, and where.
    ///   - now: The time.
    ///   - date: The same, as the ends of secrets are said.
    /// - Returns: `nil` if it is to be registered.
    /// - Throws: The failure that is still fresh, `RegistrationError`.
    mutating func client(
        at place: Place,
        _ now: Duration,
        _ date: NumericDate
    ) throws(RegistrationError) -> ClientRegistration? {
        guard var known = servers.use(place.server) else { return nil }
        if let client = known.clients.use(place) {
            let hasEnded = client.secretExpiry.map { $0 <= date } ?? false
            // A registration whose secret has ended is no client any more.
            if hasEnded { known.clients.remove(place) }
            servers.set(known, for: place.server)
            if !hasEnded { return client }
        }
        if let failure = known.failures[place], now < failure.until { throw failure.error }
        return nil
    }

    mutating func registered(_ client: ClientRegistration, at place: Place) {
        var known = servers[place.server] ?? Known(limit: perServer)
        known.clients.set(client, for: place)
        known.failures.remove(place)
        servers.set(known, for: place.server)
    }

    mutating func failed(_ error: RegistrationError, at place: Place, until end: Duration) {
        var known = servers[place.server] ?? Known(limit: perServer)
        known.failures.set((error, end), for: place)
        servers.set(known, for: place.server)
    }

    /// Drops a client of a server that its issuer does not know any more.
    mutating func forget(_ clientID: String, of server: RouteKey, at issuer: String) {
        guard var known = servers[server] else { return }
        known.clients.removeAll { place, client in
            place.issuer.hasSameBytes(as: issuer) && client.credential.clientID.hasSameBytes(as: clientID)
        }
        servers.set(known, for: server)
    }

    /// Drops all that is known of a server that is gone.
    mutating func forget(_ server: RouteKey) { servers.remove(server) }
}
