// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// How much a broker does at once and keeps.
package struct BrokerSettings: Hashable, Sendable {
    /// Requests on their way to one token endpoint.
    package var perProviderConcurrency: Int
    /// Requests that wait for their turn at one token endpoint.
    package var providerQueue: Int
    /// How long a request waits for its turn.
    package var queueDeadline: Duration
    /// How long a caller waits for a token, all steps together.
    package var callDeadline: Duration
    /// Access tokens that are kept.
    package var tokens: Int
    /// Bytes of access tokens that are kept.
    package var tokenBytes: Int
    /// Failures that are remembered.
    package var failures: Int
    /// Sessions whose renewed tokens and demanded scopes are kept.
    package var sessions: Int
    /// Callers that wait for tokens at once.
    package var waiters: Int

    package init(
        perProviderConcurrency: Int = 64,
        providerQueue: Int = 1_000,
        queueDeadline: Duration = .seconds(10),
        callDeadline: Duration = .seconds(30),
        tokens: Int = 100_000,
        tokenBytes: Int = 256 << 20,
        failures: Int = 10_000,
        sessions: Int = 20_000,
        waiters: Int = 20_000
    ) {
        self.perProviderConcurrency = perProviderConcurrency
        self.providerQueue = providerQueue
        self.queueDeadline = queueDeadline
        self.callDeadline = callDeadline
        self.tokens = tokens
        self.tokenBytes = tokenBytes
        self.failures = failures
        self.sessions = sessions
        self.waiters = waiters
    }
}
