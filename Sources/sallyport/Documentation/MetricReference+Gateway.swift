// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import PrometheusMetrics

extension MetricReference {
    /// Most exchanges take as long as two round trips, and those that matter are slow.
    private static let exchangeBuckets: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ]

    static let tokens = [
        MetricDescription(
            "token_broker_requests_total",
            .counter,
            """
            Requests for access tokens: `hit`, `miss`, or `negative` where an earlier failure was the answer.
            """,
            labels: ["cache"]
        ),
        MetricDescription("token_broker_cached_tokens", .gauge, "Access tokens that are kept."),
        MetricDescription(
            "token_exchange_requests_total",
            .counter,
            """
            Requests to token endpoints by leg, host and outcome: `granted` or the error. Hosts beyond the first 200 are \
            `other`.
            """,
            labels: ["leg", "endpoint", "outcome"]
        ),
        MetricDescription(
            "token_exchange_duration_seconds",
            .histogram,
            "How long a request to a token endpoint took.",
            labels: ["leg", "endpoint"],
            buckets: exchangeBuckets
        ),
        MetricDescription(
            "token_exchange_credential_fallbacks_total",
            .counter,
            """
            Requests that a token endpoint granted only to the credential before the present one, by host: the new one is \
            not known there yet.
            """,
            labels: ["endpoint"]
        ),
        MetricDescription(
            "token_broker_queue_length",
            .gauge,
            "Requests that wait for their turn at the token endpoints of a host.",
            labels: ["endpoint"]
        ),
        MetricDescription(
            "token_broker_queue_duration_seconds",
            .histogram,
            "How long a request waited for its turn at a token endpoint.",
            labels: ["endpoint"],
            buckets: exchangeBuckets
        ),
        MetricDescription(
            "token_broker_circuit_open",
            .gauge,
            "1 while requests are kept away from a token endpoint that does not answer, else 0.",
            labels: ["endpoint"]
        ),
        MetricDescription(
            "token_broker_renewals_total",
            .counter,
            """
            Tokens that were about to end: `renewed`, `failed`, or `skipped` because nobody used them or a new one would \
            not last longer.
            """,
            labels: ["outcome"]
        ),
        MetricDescription("gateway_sessions", .gauge, "Sessions that were seen lately."),
        MetricDescription(
            "session_start_connections_total",
            .counter,
            "Servers for which a token was obtained at the start of a session, or on a retry: `connected` or `failed`.",
            labels: ["outcome"]
        ),
        MetricDescription(
            "session_start_duration_seconds",
            .histogram,
            "How long the start of a session took until every server had been tried.",
            labels: [],
            buckets: exchangeBuckets
        ),
        MetricDescription(
            "connection_grants",
            .gauge,
            "Consents of users to servers that are kept, with their tokens."
        ),
        MetricDescription(
            "connection_requests_total",
            .counter,
            """
            Requests to authorization servers at which users consent, by step (`registration`, `authorization_code`, \
            `refresh_token`), host and outcome: `granted` or the error. Hosts beyond the first 200 are `other`.
            """,
            labels: ["step", "endpoint", "outcome"]
        ),
        MetricDescription(
            "connection_request_duration_seconds",
            .histogram,
            "How long such a request took.",
            labels: ["step", "endpoint"],
            buckets: exchangeBuckets
        ),
    ]

    static let relay = [
        MetricDescription(
            "upstream_requests_total",
            .counter,
            "Requests to MCP servers by host and outcome: the class of the status, or what went wrong.",
            labels: ["endpoint", "outcome"]
        ),
        MetricDescription(
            "upstream_head_duration_seconds",
            .histogram,
            "How long an MCP server took to begin its answer.",
            labels: ["endpoint"],
            buckets: exchangeBuckets
        ),
        MetricDescription(
            "gateway_bodies_total",
            .counter,
            """
            Answers that were passed on, by how they ended: `complete`, `right_ended`, `client_left`, `shutdown`, \
            `broken`, `too_large`.
            """,
            labels: ["reason"]
        ),
        MetricDescription("gateway_streams", .gauge, "Event streams that are open."),
    ]
}
