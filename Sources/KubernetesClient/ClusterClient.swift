// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import CoreMetrics
package import HTTPTransport
package import KubernetesAPI
package import Logging
import Timing

/// A client of one API server, in one identity.
///
/// A cheap value; copies share connections and credentials.
package struct ClusterClient: Sendable {
    private var sender: RequestSender

    /// - Parameters:
    ///   - configuration: Which server, and who we are there.
    ///   - transport: Makes the connections: one pool for requests, one for watches, and new ones after a rotation of
    ///     the certificate authority.
    ///   - userAgent: As `sallyport/1.0 (linux/amd64) operator`.
    ///   - clock: Paces retries and the re-reading of files.
    ///   - logger: Gets retries, rotations and the server's warnings; never a body or a token.
    ///   - metrics: Where the client's metrics go.
    ///   - files: How token and certificate files are read.
    ///   - generator: Spreads retries.
    /// - Throws: ``ClusterConfigurationError`` if the configuration cannot be used, or `HTTPTransportError` if the
    ///   transport refuses the trust or the identity.
    package init(
        configuration: ClusterConfiguration,
        transport: any HTTPClientFactory,
        userAgent: String,
        clock: any Clock<Duration>,
        logger: Logger,
        metrics: any MetricsFactory,
        files: FileReader = .system,
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) throws {
        try configuration.validate()
        let measured = KubernetesClientMetrics(factory: metrics, host: configuration.server.authority)
        let time = ElapsedTime(clock)
        sender = RequestSender(
            server: configuration.baseURL,
            connections: try ConnectionSource(
                configuration: configuration,
                transport: transport,
                userAgent: userAgent,
                files: files,
                time: time,
                logger: logger,
                metrics: measured
            ),
            credentials: CredentialSource(configuration.credentials, files: files, time: time, logger: logger),
            clock: clock,
            time: time,
            logger: logger,
            metrics: measured,
            generator: SharedGenerator(generator)
        )
    }

    /// The objects of one type, in one namespace or everywhere.
    package func resources<Resource: KubernetesResource>(
        _ type: Resource.Type = Resource.self,
        in scope: NamespaceScope
    ) -> ResourceClient<Resource> {
        ResourceClient(scope: scope, sender: sender)
    }

    /// The same client, which gives up sooner on a request about a single object.
    ///
    /// For whoever has to know within a moment whether a write worked; lists and watches keep their own deadlines.
    package func withObjectDeadline(_ deadline: Duration) -> ClusterClient {
        var client = self
        client.sender.objectDeadline = deadline
        return client
    }
}
