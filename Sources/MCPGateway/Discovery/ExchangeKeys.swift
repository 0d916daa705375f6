// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import Logging
import NIOConcurrencyHelpers
import OAuth
import Timing

/// The keys of whoever issues exchanged tokens, read when they are needed and kept.
///
/// An issuer that is a configured provider has its keys from ``ProviderKeys``. Another one is named by a route: its keys
/// are where the configuration's `authorizationServers` say, or else where its own metadata says, through the client that
/// obeys the egress policy.
final class ExchangeKeys: Sendable {
    private let providers: @Sendable (_ issuer: String) -> (any IssuerKeys)?
    private let directory: IssuerDirectory
    private let listed: [String: String]
    private let documents: DocumentClient
    private let restrictedDocuments: DocumentClient
    private let policy: JWKSCachePolicy
    private let time: ElapsedTime
    private let flights: SingleFlight<String, Void>
    private let states: NIOLockedValueBox<BoundedTable<String, JWKSCacheState>>

    /// - Parameters:
    ///   - trust: Says where keys are that no metadata tells.
    ///   - providers: The keys of configured providers.
    ///   - directory: The metadata of issuers.
    ///   - client: For URLs from configuration.
    ///   - restrictedClient: For all others; obeys the egress policy.
    ///   - clock: Measures refreshes and outages.
    ///   - policy: How long keys are kept.
    init(
        trust: GatewayTrust,
        providers: @escaping @Sendable (_ issuer: String) -> (any IssuerKeys)?,
        directory: IssuerDirectory,
        client: any HTTPClient,
        restrictedClient: any HTTPClient,
        clock: any Clock<Duration>,
        policy: JWKSCachePolicy = JWKSCachePolicy()
    ) {
        self.providers = providers
        self.directory = directory
        let locations = trust.authorizationServers.compactMap { server in server.jwksURI.map { (server.issuer, $0) } }
        listed = Dictionary(locations) { first, _ in first }
        let allowsLoopbackHTTP = trust.allowLoopbackHTTP
        documents = DocumentClient(client: client, allowsLoopbackHTTP: allowsLoopbackHTTP)
        restrictedDocuments = DocumentClient(client: restrictedClient, allowsLoopbackHTTP: allowsLoopbackHTTP)
        self.policy = policy
        time = ElapsedTime(clock)
        flights = SingleFlight(time: time, flightLimit: 1_000, waiterLimit: policy.waiterLimit)
        states = NIOLockedValueBox(BoundedTable(limit: 1_000))
    }

    /// Reads keys for all who ask, until the task is cancelled.
    ///
    /// - Throws: `CancellationError` only.
    func run() async throws { try await flights.run() }

    /// The keys of an issuer, for a token that names one of them or none.
    ///
    /// - Throws: `JWKSError` when there are none, or `CancellationError`.
    func keys(of issuer: String, forKeyID keyID: String?) async throws -> JWKSet {
        if let provider = providers(issuer) { return try await provider.keys(forKeyID: keyID) }
        switch change(issuer, { $0.verdict(keyID: keyID, at: time.now) }) {
        case .use(let keys):
            // What is there serves on while it is read again.
            if change(issuer, { $0.pause(at: time.now) }) == .zero {
                flights.start(issuer) { try await self.read(issuer) }
            }
            return keys
        case .fail(let error):
            guard change(issuer, { $0.pause(at: time.now) }) == .zero else { throw error }
        case .wait: break
        }
        do {
            try await flights.value(for: issuer, atMost: policy.longestWait) { try await self.read(issuer) }
        } catch let error as FlightError {
            throw JWKSError("they were not read in time (\(error.rawValue))")
        }
        return try change(issuer) { state throws(JWKSError) in try state.outcome(at: time.now) }
    }

    private func change<Result, Failure: Error>(
        _ issuer: String,
        _ body: (inout JWKSCacheState) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = states.withLockedValue { states -> Swift.Result<Result, Failure> in
            var state = states.use(issuer) ?? JWKSCacheState(policy: policy)
            defer { states.set(state, for: issuer) }
            do throws(Failure) { return .success(try body(&state)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private func read(_ issuer: String) async throws {
        change(issuer) { $0.start() }
        let reader =
            listed[issuer].map { url in JWKSReader(documents: documents) { url } }
            ?? JWKSReader(documents: restrictedDocuments) { try await self.location(issuer) }
        do {
            let result = try await reader.read()
            change(issuer) { $0.finish(result, at: time.now) }
        } catch {
            change(issuer) { $0.finish(.failure(JWKSError("the request was cancelled")), at: time.now) }
            throw error
        }
    }

    private func location(_ issuer: String) async throws -> String {
        guard let uri = try await directory.metadata(of: issuer).jwksURI else {
            throw DirectoryError(
                isTransient: false,
                message: "The metadata of '\(issuer.prefix(300))' names no keys.",
                retryAfter: nil
            )
        }
        return uri
    }
}
