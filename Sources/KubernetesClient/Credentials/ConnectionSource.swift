// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Logging
import NIOConcurrencyHelpers
import Timing

/// Knows the connections to use, and replaces them when the certificate authorities were rotated.
///
/// Requests under way on the old connections run to their end; when the last has, nobody holds those any more.
final class ConnectionSource: Sendable {
    /// How often the file of authorities is read again.
    static let readingInterval = Duration.seconds(300)
    /// How often a failed handshake may have it read before its time.
    static let renewalInterval = Duration.seconds(5)

    /// The connections made under one bundle of authorities.
    struct Generation: Sendable {
        var number: Int
        /// For requests: HTTP/2, many to a connection.
        var requests: any HTTPClient
        /// For watches: HTTP/1.1, each on its own, so that a slow or dead one disturbs no other.
        var streams: any HTTPClient
    }

    private struct State {
        var generation: Generation
        var authorities: String
        var nextReading: Duration
        var nextRenewal = Duration.zero
    }

    private let configuration: ClusterConfiguration
    private let transport: any HTTPClientFactory
    private let userAgent: String
    private let files: FileReader
    private let time: ElapsedTime
    private let logger: Logger
    private let metrics: KubernetesClientMetrics
    private let state: NIOLockedValueBox<State>

    init(
        configuration: ClusterConfiguration,
        transport: any HTTPClientFactory,
        userAgent: String,
        files: FileReader,
        time: ElapsedTime,
        logger: Logger,
        metrics: KubernetesClientMetrics
    ) throws {
        self.configuration = configuration
        self.transport = transport
        self.userAgent = userAgent
        self.files = files
        self.time = time
        self.logger = logger
        self.metrics = metrics
        let (trust, authorities) = try Self.initialTrust(configuration, files)
        let generation = try Self.connect(1, trust, configuration, transport, userAgent)
        state = NIOLockedValueBox(
            State(generation: generation, authorities: authorities, nextReading: time.now + Self.readingInterval)
        )
    }

    /// The connections to use now.
    func current() -> Generation {
        if case .authorityFile(let path) = configuration.trust {
            let now = time.now
            let isDue = state.withLockedValue { state in
                guard now >= state.nextReading else { return false }
                state.nextReading = now + Self.readingInterval
                return true
            }
            if isDue { reload(path) }
        }
        return state.withLockedValue { $0.generation }
    }

    /// Reads the authorities again after a handshake failed.
    ///
    /// - Returns: Whether there are other connections now.
    func renew(after failed: Generation) -> Bool {
        guard case .authorityFile(let path) = configuration.trust else { return false }
        let now = time.now
        let isDue = state.withLockedValue { state in
            guard state.generation.number == failed.number, now >= state.nextRenewal else { return false }
            state.nextRenewal = now + Self.renewalInterval
            return true
        }
        if isDue { reload(path) }
        return state.withLockedValue { $0.generation.number } != failed.number
    }

    private func reload(_ path: String) {
        let outcome = replaceConnections(path)
        metrics.reloadedAuthorities(outcome)
        switch outcome {
        case .unchanged: break
        case .updated:
            logger.info("The certificate authorities changed; making new connections", metadata: ["file": "\(path)"])
        case .empty, .unreadable, .invalid:
            logger.warning(
                "Could not use the file of certificate authorities; going on with the last good one",
                metadata: ["file": "\(path)", "error.type": "\(outcome.rawValue)"]
            )
        }
    }

    private func replaceConnections(_ path: String) -> KubernetesClientMetrics.AuthorityReload {
        do {
            let text = try files.text(of: path)
            if text.trimmingWhitespace.isEmpty { return .empty }
            let (known, number) = state.withLockedValue { ($0.authorities, $0.generation.number) }
            if text == known { return .unchanged }
            try CertificateAuthorities.validate(text)
            let generation = try Self.connect(
                number + 1,
                .authorities(pem: text),
                configuration,
                transport,
                userAgent
            )
            state.withLockedValue { state in
                state.generation = generation
                state.authorities = text
            }
            return .updated
        } catch is FileReadingError {
            return .unreadable
        } catch {
            return .invalid
        }
    }

    private static func initialTrust(
        _ configuration: ClusterConfiguration,
        _ files: FileReader
    ) throws -> (HTTPClientConfiguration.Trust, String) {
        switch configuration.trust {
        case .system: return (.system, "")
        case .insecure: return (.insecure, "")
        case .authorities(let pem):
            try CertificateAuthorities.validate(pem)
            return (.authorities(pem: pem), pem)
        case .authorityFile(let path):
            let pem = try files.text(of: path)
            try CertificateAuthorities.validate(pem, file: path)
            return (.authorities(pem: pem), pem)
        }
    }

    private static func connect(
        _ number: Int,
        _ trust: HTTPClientConfiguration.Trust,
        _ configuration: ClusterConfiguration,
        _ transport: any HTTPClientFactory,
        _ userAgent: String
    ) throws -> Generation {
        var rules = HTTPClientConfiguration(
            version: .http2,
            trust: trust,
            identity: configuration.identity,
            tlsServerName: configuration.tlsServerName,
            userAgent: userAgent,
            maximumRequestsPerHost: 32,
            maximumStreams: 256
        )
        let requests = try transport.makeClient(rules)
        rules.version = .http1
        return Generation(number: number, requests: requests, streams: try transport.makeClient(rules))
    }
}
