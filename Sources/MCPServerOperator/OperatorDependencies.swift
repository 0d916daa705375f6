// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
package import Logging
package import Metrics

/// What an operator is made from, wherever its servers come from.
package struct OperatorDependencies: Sendable {
    /// For issuers' metadata.
    package var transport: any HTTPClientFactory
    /// Digests and key checks, which this module does not do itself.
    package var cryptography: Cryptography
    /// Where every metric of the operator goes.
    package var metrics: any MetricsFactory
    /// Gets a label for each part.
    package var logger: Logger
    /// What the operator waits by and stamps conditions with.
    package var time: OperatorTime

    package init(
        transport: any HTTPClientFactory,
        cryptography: Cryptography,
        metrics: any MetricsFactory,
        logger: Logger,
        time: OperatorTime
    ) {
        self.transport = transport
        self.cryptography = cryptography
        self.metrics = metrics
        self.logger = logger
        self.time = time
    }
}
