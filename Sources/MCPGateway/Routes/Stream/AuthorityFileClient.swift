// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
package import Logging
import NIOConcurrencyHelpers
import Timing

/// An HTTP client whose trusted authorities come from a file that may be replaced while the process runs.
///
/// The file is read again before a request, at most every 30 s, and after a failed handshake. The last good content
/// stays in force when it cannot be read.
package final class AuthorityFileClient: HTTPClient {
    /// Returns the file's content as PEM; what it throws is a full sentence.
    package typealias Authorities = @Sendable () throws -> String

    private struct State: Sendable {
        var pem: String?
        var client: (any HTTPClient)?
        var nextReading = Duration.zero
    }

    private static let interval = Duration.seconds(30)

    private let factory: any HTTPClientFactory
    private let configuration: HTTPClientConfiguration
    private let authorities: Authorities
    private let logger: Logger
    private let time: ElapsedTime
    private let state = NIOLockedValueBox(State())

    /// Reads nothing yet; `configuration` is taken but for its trust.
    package init(
        _ configuration: HTTPClientConfiguration,
        authorities: @escaping Authorities,
        from factory: any HTTPClientFactory,
        logger: Logger,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.factory = factory
        self.configuration = configuration
        self.authorities = authorities
        self.logger = logger
        time = ElapsedTime(clock)
    }

    package func send(_ request: OutgoingRequest) async throws -> IncomingResponse {
        do {
            return try await currentClient().send(request)
        } catch let error as HTTPTransportError where error.code == .tls {
            state.withLockedValue { $0.nextReading = .zero }
            throw error
        }
    }

    private func currentClient() throws -> any HTTPClient {
        let now = time.now
        return try state.withLockedValue { state in
            if let client = state.client, now < state.nextReading { return client }
            state.nextReading = now + Self.interval
            do {
                let pem = try authorities()
                if let client = state.client, pem == state.pem { return client }
                var configuration = configuration
                configuration.trust = .authorities(pem: pem)
                let client = try factory.makeClient(configuration)
                state.client = client
                state.pem = pem
                return client
            } catch {
                guard let client = state.client else { throw HTTPTransportError(.tls, "\(error)") }
                logger.warning(
                    "Could not use the file of authorities; going on with its last content",
                    metadata: ["error": "\(error)"]
                )
                return client
            }
        }
    }
}
