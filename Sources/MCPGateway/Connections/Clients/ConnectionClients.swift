// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import NIOConcurrencyHelpers
import OAuth
import OpenSSL
import RouteTable
import Timing

/// Decides as which client the gateway asks for consent, and registers it where it has to.
///
/// A client belongs to the one authorization server that knows it: its id and its secret go nowhere else. One that the
/// gateway registers by itself belongs to one MCP server besides, see ``ClientRegistrations``.
final class ConnectionClients: Sendable {
    /// A client, and how it became one.
    struct Choice: Sendable {
        var credential: ClientCredential
        var registration: GrantBinding.Registration
    }

    /// How long a registration that failed for good is not tried again.
    static let pause = Duration.seconds(10)

    private let gateway: GatewayClient
    private let environment: BrokerEnvironment
    private let recorder: ConnectionRecorder
    private let flights: SingleFlight<ClientRegistrations.Place, ClientRegistration>
    /// Not the token endpoints' own, as an authorization server may call any URL its registration endpoint.
    private let limit: ConcurrencyLimit<String, UserIdentity>
    private let registrations = NIOLockedValueBox(ClientRegistrations())

    init(_ gateway: GatewayClient, _ environment: BrokerEnvironment, _ recorder: ConnectionRecorder) {
        self.gateway = gateway
        self.environment = environment
        self.recorder = recorder
        flights = SingleFlight(time: environment.time, flightLimit: 1_000)
        limit = environment.anotherLimit()
    }

    /// Registers clients until the task is cancelled.
    func run() async throws { try await flights.run() }

    /// The client to ask with: the resource's own, else the URL of the gateway's metadata, else one that is registered.
    ///
    /// - Parameters:
    ///   - server: Where it asks.
    ///   - mode: What the route says.
    ///   - request: Who wants it, for the records.
    /// - Returns: The client.
    /// - Throws: ``BrokerError``, or `CancellationError`.
    func client(
        at server: AuthorizationServer,
        _ mode: RouteAuthentication.AuthorizationCode,
        for request: ConnectionRequest
    ) async throws -> Choice {
        if let client = mode.client {
            // The secret belongs to the issuer for which it was written down.
            guard mode.issuer != nil else {
                throw BrokerError.connecting(
                    .serverMisconfigured,
                    request.server,
                    "its resource has a client and does not say at which issuer. Name the issuer.",
                    cause: "no_issuer"
                )
            }
            let credential = try Self.credential(client, at: server.issuer, request.server)
            return Choice(credential: credential, registration: .byHand)
        }
        let redirectURI = gateway.redirectURI(for: server)
        // One document has one address, which only servers that name themselves may share.
        if server.acceptsClientMetadataURLs, server.namesItself, let url = gateway.metadataURL {
            let credential = ClientCredential(clientID: url, authentication: .none)
            return Choice(credential: credential, registration: .metadataURL)
        }
        guard let endpoint = server.registrationEndpoint, let method = server.registrationMethod else {
            throw BrokerError.connecting(
                .serverMisconfigured,
                request.server,
                "its authorization server does not register clients by itself. Register one there with the redirect URI "
                    + "'\(redirectURI)', and name it in spec.auth.authorizationServer.",
                cause: "no_client",
                detail: "'\(PeerText.quotable(server.issuer))' names no registration endpoint that can be used."
            )
        }
        let place = ClientRegistrations.Place(
            server: request.server,
            issuer: server.issuer,
            endpoint: endpoint,
            redirectURI: redirectURI
        )
        let registration = try await registration(at: place, redirectURI, endpoint, method, for: request)
        return Choice(credential: registration.credential, registration: .dynamic)
    }

    /// A client as it is now: the credential of the resource's own may have been rotated.
    ///
    /// - Parameters:
    ///   - credential: As it was when the user was sent away.
    ///   - binding: For what.
    ///   - mode: What the route says now.
    ///   - server: Which.
    /// - Returns: With what to ask now.
    /// - Throws: ``BrokerError``.
    static func current(
        _ credential: ClientCredential,
        _ binding: GrantBinding,
        _ mode: RouteAuthentication.AuthorizationCode,
        _ server: RouteKey
    ) throws -> ClientCredential {
        guard binding.registration == .byHand, let client = mode.client else { return credential }
        return try self.credential(client, at: binding.issuer, server)
    }

    /// Drops a client of a server that its issuer does not know any more.
    func forget(_ clientID: String, of server: RouteKey, at issuer: String) {
        registrations.withLockedValue { $0.forget(clientID, of: server, at: issuer) }
    }

    /// Drops the clients of a server that is gone.
    func forget(_ server: RouteKey) { registrations.withLockedValue { $0.forget(server) } }

    private func registration(
        at place: ClientRegistrations.Place,
        _ redirectURI: String,
        _ endpoint: String,
        _ method: String,
        for request: ConnectionRequest
    ) async throws -> ClientRegistration {
        do {
            if let known = try remembered(place) { return known }
            return try await flights.value(for: place, atMost: environment.settings.callDeadline) {
                // The flight before this one may have ended between the look and the start.
                if let known = try self.remembered(place) { return known }
                return try await self.register(place, redirectURI, endpoint, method, for: request)
            }
        } catch let error as RegistrationError {
            throw BrokerError.connecting(
                error.isTransient ? .exchangeUnavailable : .serverMisconfigured,
                request.server,
                Self.sentence(error.code),
                retryAfter: error.retryAfter,
                cause: error.code.rawValue,
                detail: error.message
            )
        } catch let error as FlightError { throw BrokerError(error, server: request.server.description) }
    }

    private static func sentence(_ code: RegistrationError.Code) -> String {
        switch code {
        case .refused:
            "its authorization server does not register this gateway. Register a client there by hand, and name it in "
                + "spec.auth.authorizationServer."
        case .unavailable, .unreachable:
            "its authorization server registers nobody now. Try again later."
        case .malformed, .insecureEndpoint:
            "its authorization server does not register clients in a way that can be used. Ask the server's administrator."
        }
    }

    private func remembered(_ place: ClientRegistrations.Place) throws -> ClientRegistration? {
        try registrations.withLockedValue { try $0.client(at: place, environment.time.now, environment.wallClock()) }
    }

    private func register(
        _ place: ClientRegistrations.Place,
        _ redirectURI: String,
        _ url: String,
        _ method: String,
        for request: ConnectionRequest
    ) async throws -> ClientRegistration {
        let endpoint = RegistrationEndpoint(
            url: url,
            client: environment.restrictedClient,
            allowsLoopbackHTTP: environment.allowsLoopbackHTTP
        )
        let start = environment.time.now
        do {
            let registration = try await limit.withRoom(
                url,
                for: request.caller.user,
                waitingAtMost: environment.settings.queueDeadline
            ) { try await endpoint.register(gateway.metadata(redirectURI), method: method) }
            registrations.withLockedValue { $0.registered(registration, at: place) }
            recorder.registered(registration, request, at: url, environment.time.now - start)
            return registration
        } catch let error as RegistrationError {
            let now = environment.time.now
            registrations.withLockedValue {
                $0.failed(error, at: place, until: now + (error.retryAfter ?? Self.pause))
            }
            recorder.couldNotRegister(error, request, at: url, now - start)
            throw error
        }
    }

    private static func credential(
        _ client: RouteClient,
        at issuer: String,
        _ server: RouteKey
    ) throws -> ClientCredential {
        do throws(OpenSSLError) { return try ClientCredential(client, assertionAudience: issuer) } catch {
            throw BrokerError.connecting(
                .serverMisconfigured,
                server,
                "its client's private key is not usable. Correct the Secret.",
                cause: "private_key"
            )
        }
    }
}
