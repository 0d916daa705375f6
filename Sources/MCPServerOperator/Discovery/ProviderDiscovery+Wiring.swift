// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
package import HTTPTransport
package import Logging

extension ProviderDiscovery: SyncedSource {
    /// Returns once every configured issuer has been asked, so that no reconcile runs before the answers are known.
    ///
    /// ``run()`` asks them; each request has a deadline, so this never waits for long.
    package nonisolated func waitUntilSynced(timeout: Duration?, clock: any Clock<Duration>) async throws {
        while !isPrimed { try await clock.sleep(for: .milliseconds(20)) }
    }
}

extension ProviderDiscovery where C == ContinuousClock {
    /// Discovery over two clients of one transport: one for URLs from configuration, one under the egress policy.
    ///
    /// - Throws: `HTTPTransportError` if the transport cannot make a client.
    package init(trust: TrustConfiguration, transport: any HTTPClientFactory, logger: Logger) throws {
        func client(_ addresses: AddressPolicy) throws -> any HTTPClient {
            try transport.makeClient(
                HTTPClientConfiguration(version: .http2, addresses: addresses, proxy: trust.egress.proxy)
            )
        }
        self.init(
            trust: trust,
            client: try client(.unrestricted),
            restrictedClient: try client(trust.egress.addressPolicy),
            clock: ContinuousClock(),
            logger: logger
        )
    }
}

extension TrustConfiguration.Egress {
    /// Which addresses URLs from resources may reach.
    package var addressPolicy: AddressPolicy {
        .publicAnd(allowPrivate + (allowLoopbackHTTP ? Self.loopback : []))
    }

    private static let loopback: [AddressRange] = ["127.0.0.0/8", "::1/128"].compactMap { text in
        do { return try AddressRange(cidr: text) } catch {
            // Constants that the range's own tests read.
            return nil
        }
    }
}
