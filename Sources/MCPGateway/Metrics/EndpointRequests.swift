// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics

/// Requests to token endpoints and their like: how many of each kind, with which outcome, and how long they took.
struct EndpointRequests: Sendable {
    /// The name of the counter.
    let counter: String
    /// The name of the timer.
    let timer: String
    /// The label that has the kind.
    let kind: String
    let factory: any MetricsFactory
    let hosts: HostLabels

    /// A request that was sent.
    ///
    /// - Parameters:
    ///   - value: Its kind.
    ///   - endpoint: Its URL, of which the host becomes a label.
    ///   - outcome: `granted`, or a code from a closed set.
    ///   - duration: From the request to the end of the answer.
    func sent(_ value: String, _ endpoint: String, outcome: String, _ duration: Duration) {
        let dimensions = [(kind, value), ("endpoint", hosts.label(endpoint)), ("outcome", outcome)]
        Counter(label: counter, dimensions: dimensions, factory: factory).increment()
        let timer = Timer(
            label: timer,
            dimensions: Array(dimensions.prefix(2)),
            preferredDisplayUnit: .seconds,
            factory: factory
        )
        timer.recordNanoseconds(duration.wholeNanoseconds)
    }
}
