// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import OAuth
import OpenSSL
import Timing

/// What token requests are sent with.
struct BrokerEnvironment: Sendable {
    let client: any HTTPClient
    let restrictedClient: any HTTPClient
    let allowsLoopbackHTTP: Bool
    let time: ElapsedTime
    let wallClock: @Sendable () -> NumericDate
    let random: @Sendable (_ count: Int) throws -> [UInt8]
    let settings: BrokerSettings
    let limit: ConcurrencyLimit<String, UserIdentity>
    let metrics: BrokerMetrics

    /// Sends a token request when its endpoint's turn comes.
    ///
    /// - Parameters:
    ///   - form: The grant.
    ///   - url: The token endpoint.
    ///   - credential: Who sends it.
    ///   - user: For whom; users take turns.
    ///   - isConfigured: Whether the URL is from configuration or a configured issuer's own metadata; otherwise the
    ///     egress policy applies.
    /// - Returns: The answer, whose token is still to be checked.
    /// - Throws: `TokenEndpointError`, ``FlightError``, or `CancellationError`.
    func send(
        _ form: TokenForm,
        to url: String,
        as credential: ClientCredential,
        for user: UserIdentity,
        isConfigured: Bool
    ) async throws -> TokenResponse {
        let endpoint = TokenEndpoint(
            url: url,
            credential: credential,
            client: isConfigured ? client : restrictedClient,
            allowsLoopbackHTTP: allowsLoopbackHTTP
        )
        let identifier = Hexadecimal.text(try random(16))
        let start = time.now
        return try await limit.withRoom(url, for: user, waitingAtMost: settings.queueDeadline) {
            metrics.waited(for: url, time.now - start, waiting: limit.load(url).waiting)
            return try await endpoint.send(form, at: wallClock(), identifier: identifier)
        }
    }

    /// Sends a token request to a peer of a plan.
    ///
    /// - Throws: As the other one does.
    func send(_ form: TokenForm, to peer: TokenPeer, for user: UserIdentity) async throws -> TokenResponse {
        try await send(form, to: peer.endpoint, as: peer.client, for: user, isConfigured: peer.isConfigured)
    }

    /// From 0 to 1.
    func jitter() -> Double {
        do { return Double(try random(1).first ?? 0) / 255 } catch {
            // Without randomness pauses are only less spread.
            return 0
        }
    }
}
