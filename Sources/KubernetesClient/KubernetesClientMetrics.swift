// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import HTTPTransport
import KubernetesAPI
import Metrics
import NIOConcurrencyHelpers

/// What this target measures, under the names that client-go uses.
struct KubernetesClientMetrics: Sendable {
    /// Why the file of certificate authorities was read again to no effect, or that it had one.
    enum AuthorityReload: String, Sendable {
        case unchanged
        case updated
        case empty
        case unreadable = "read_error"
        case invalid = "ca_parse_error"
    }

    private struct Instruments {
        var requests: [String: Counter] = [:]
        var durations: [APIRequest.Verb: Timer] = [:]
        var retries: [APIRequest.Verb: Counter] = [:]
        var reloads: [AuthorityReload: Counter] = [:]
    }

    private let factory: any MetricsFactory
    /// The server's host and port: one value a client.
    private let host: String
    /// Made once and kept; statuses, methods and verbs are few.
    private let instruments = NIOLockedValueBox(Instruments())

    init(factory: any MetricsFactory, host: String) {
        self.factory = factory
        self.host = host
    }

    /// A response head arrived.
    func answered(_ request: APIRequest, status: Int, after duration: Duration) {
        count(request, code: (100...599).contains(status) ? String(status) : "<error>")
        observe(request, duration)
    }

    /// No response came.
    func failed(_ request: APIRequest, after duration: Duration) {
        count(request, code: "<error>")
        observe(request, duration)
    }

    /// A request is sent again.
    func retried(_ verb: APIRequest.Verb) {
        instruments.withLockedValue { instruments in
            let counter =
                instruments.retries[verb]
                ?? Counter(
                    label: "rest_client_request_retries_total",
                    dimensions: [("verb", verb.rawValue), ("host", host)],
                    factory: factory
                )
            instruments.retries[verb] = counter
            return counter
        }.increment()
    }

    /// The file of certificate authorities was read again.
    func reloadedAuthorities(_ outcome: AuthorityReload) {
        let result: String =
            switch outcome {
            case .unchanged, .updated: "success"
            case .empty, .unreadable, .invalid: "failure"
            }
        instruments.withLockedValue { instruments in
            let counter =
                instruments.reloads[outcome]
                ?? Counter(
                    label: "rest_client_transport_ca_reload_total",
                    dimensions: [("result", result), ("reason", outcome.rawValue)],
                    factory: factory
                )
            instruments.reloads[outcome] = counter
            return counter
        }.increment()
    }

    private func count(_ request: APIRequest, code: String) {
        let method = request.method.rawValue
        instruments.withLockedValue { instruments in
            let key = "\(method) \(code)"
            let counter =
                instruments.requests[key]
                ?? Counter(
                    label: "rest_client_requests_total",
                    dimensions: [("code", code), ("method", method), ("host", host)],
                    factory: factory
                )
            instruments.requests[key] = counter
            return counter
        }.increment()
    }

    private func observe(_ request: APIRequest, _ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = min(seconds, 1_000_000) * 1_000_000_000 + attoseconds / 1_000_000_000
        instruments.withLockedValue { instruments in
            let timer =
                instruments.durations[request.verb]
                ?? Timer(
                    label: "rest_client_request_duration_seconds",
                    dimensions: [("verb", request.verb.rawValue), ("host", host)],
                    factory: factory
                )
            instruments.durations[request.verb] = timer
            return timer
        }.recordNanoseconds(nanoseconds)
    }
}
