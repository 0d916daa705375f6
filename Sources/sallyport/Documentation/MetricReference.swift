// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import PrometheusMetrics

/// Every metric this program exposes.
///
/// The targets that count do not know how their numbers are exposed; this is where names get their help, labels and
/// buckets, and a test compares the names with those that the targets make.
enum MetricReference {
    static let catalogue = MetricCatalogue(
        [
            workQueue,
            reconcile,
            reflector,
            client,
            events,
            leaderElection,
            operation,
            routeTable,
            routeStream,
            tokens,
            relay,
            ProcessStatistics.descriptions,
            PrometheusMetricsFactory.ownDescriptions,
        ].flatMap(\.self)
    )

    /// The rows as a Markdown table.
    static var markdown: String {
        MarkdownTable(
            columns: ["Metric", "Type", "Labels", "Meaning"],
            rows: catalogue.descriptions.map { description in
                [
                    "`\(description.name)`", description.kind.rawValue,
                    description.labels.map { "`\($0)`" }.joined(separator: ", "), description.help,
                ]
            }
        ).text
    }

    private static let queueBuckets = HistogramBuckets.exponential(from: 1e-8, by: 10, count: 12)

    private static let reconcileBuckets: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
        1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
    ]

    private static let requestBuckets: [Double] = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]

    private static let workQueue = [
        MetricDescription(
            "workqueue_depth",
            .gauge,
            "Keys that wait in the queue.",
            labels: ["name", "controller", "priority"]
        ),
        MetricDescription(
            "workqueue_adds_total",
            .counter,
            "Keys added to the queue.",
            labels: ["name", "controller"]
        ),
        MetricDescription(
            "workqueue_queue_duration_seconds",
            .histogram,
            "How long a key waits in the queue, in seconds.",
            labels: ["name", "controller"],
            buckets: queueBuckets
        ),
        MetricDescription(
            "workqueue_work_duration_seconds",
            .histogram,
            "How long work on a key takes, in seconds.",
            labels: ["name", "controller"],
            buckets: queueBuckets
        ),
        MetricDescription(
            "workqueue_unfinished_work_seconds",
            .gauge,
            "The sum of the seconds that unfinished work has taken so far; large values mean stuck workers.",
            labels: ["name", "controller"]
        ),
        MetricDescription(
            "workqueue_longest_running_processor_seconds",
            .gauge,
            "How many seconds the longest unfinished work has taken so far.",
            labels: ["name", "controller"]
        ),
        MetricDescription(
            "workqueue_retries_total",
            .counter,
            "Keys put back to be tried again.",
            labels: ["name", "controller"]
        ),
    ]

    private static let reconcile = [
        MetricDescription(
            "controller_runtime_reconcile_total",
            .counter,
            "Reconciles by result: success, error, requeue or requeue_after.",
            labels: ["controller", "result"]
        ),
        MetricDescription(
            "controller_runtime_reconcile_errors_total",
            .counter,
            "Reconciles that failed.",
            labels: ["controller"]
        ),
        MetricDescription(
            "controller_runtime_terminal_reconcile_errors_total",
            .counter,
            "Reconciles that failed in a way that trying again cannot heal.",
            labels: ["controller"]
        ),
        MetricDescription(
            "controller_runtime_reconcile_panics_total",
            .counter,
            "Always 0: a Swift process does not survive a trap. It is there for dashboards.",
            labels: ["controller"]
        ),
        MetricDescription(
            "controller_runtime_reconcile_timeouts_total",
            .counter,
            "Reconciles that took too long.",
            labels: ["controller"]
        ),
        MetricDescription(
            "controller_runtime_reconcile_time_seconds",
            .histogram,
            "How long a reconcile takes, in seconds.",
            labels: ["controller"],
            buckets: reconcileBuckets
        ),
        MetricDescription(
            "controller_runtime_max_concurrent_reconciles",
            .gauge,
            "Reconciles that may run at once.",
            labels: ["controller"]
        ),
        MetricDescription(
            "controller_runtime_active_workers",
            .gauge,
            "Reconciles that run now.",
            labels: ["controller"]
        ),
    ]

    private static let reflector = [
        MetricDescription(
            "reflector_lists_total",
            .counter,
            "Times that everything there is was read, by a list or a stream: initial or relist.",
            labels: ["kind", "reason"]
        ),
        MetricDescription("reflector_watches_total", .counter, "Watches started.", labels: ["kind"]),
        MetricDescription(
            "reflector_watch_restarts_total",
            .counter,
            "Watches that ended, by cause.",
            labels: ["kind", "cause"]
        ),
        MetricDescription(
            "reflector_invalid_objects_total",
            .counter,
            "Objects that could not be decoded.",
            labels: ["kind"]
        ),
        MetricDescription(
            "reflector_synced",
            .gauge,
            "1 while the kind is being followed, else 0.",
            labels: ["kind"]
        ),
        MetricDescription(
            "reflector_last_event_age_seconds",
            .gauge,
            "Seconds since the last event or bookmark of the kind's watches; a quiet server sends a bookmark a minute.",
            labels: ["kind"],
            isAge: true
        ),
        MetricDescription("store_objects", .gauge, "Objects in the store.", labels: ["kind"]),
    ]

    private static let events = [
        MetricDescription(
            "event_recorder_events_total",
            .counter,
            "Kubernetes events by what became of them.",
            labels: ["result"]
        )
    ]

    private static let leaderElection = [
        MetricDescription(
            "leader_election_master_status",
            .gauge,
            "1 while this replica leads, else 0.",
            labels: ["name"]
        ),
        MetricDescription(
            "leader_election_slowpath_total",
            .counter,
            "Renewals of the Lease that had to read it first.",
            labels: ["name"]
        ),
    ]

    private static let client = [
        MetricDescription(
            "rest_client_requests_total",
            .counter,
            "Requests to the API server by status code; `<error>` when there was no answer.",
            labels: ["code", "method", "host"]
        ),
        MetricDescription(
            "rest_client_request_duration_seconds",
            .histogram,
            "How long the API server takes to answer, in seconds.",
            labels: ["verb", "host"],
            buckets: requestBuckets
        ),
        MetricDescription(
            "rest_client_request_retries_total",
            .counter,
            "Requests sent again.",
            labels: ["verb", "host"]
        ),
        MetricDescription(
            "rest_client_transport_ca_reload_total",
            .counter,
            "Reloads of the certificate authorities by result.",
            labels: ["result", "reason"]
        ),
    ]

    private static let routeTable = [
        MetricDescription("route_table_routes", .gauge, "Routes that this gateway serves."),
        MetricDescription(
            "route_table_following",
            .gauge,
            "1 while the table is as new as the operator's, else 0; the last table is served meanwhile."
        ),
        MetricDescription("route_table_connections_total", .counter, "Connections to the route stream attempted."),
        MetricDescription(
            "route_table_stream_ends_total",
            .counter,
            "Route streams that ended or could not be opened, by cause.",
            labels: ["cause"]
        ),
        MetricDescription("route_table_replacements_total", .counter, "Whole tables taken in."),
        MetricDescription(
            "route_table_changes_total",
            .counter,
            "Single routes taken in by type: put or delete.",
            labels: ["type"]
        ),
        MetricDescription(
            "route_table_reports_total",
            .counter,
            "Reports to replicas of the operator by result: accepted, conflict, refused or unreachable.",
            labels: ["result"]
        ),
        MetricDescription("route_table_replicas", .gauge, "Replicas of the operator that reports go to."),
    ]

    private static let operation = [
        MetricDescription("sallyport_mcpservers", .gauge, "MCPServers by state.", labels: ["state"]),
        MetricDescription("sallyport_routes", .gauge, "Routes that are published now."),
        MetricDescription("sallyport_route_publications_total", .counter, "Routes published, new or changed."),
        MetricDescription("sallyport_route_withdrawals_total", .counter, "Routes withdrawn."),
        MetricDescription("sallyport_status_writes_total", .counter, "Statuses written; an unchanged one is not."),
        MetricDescription(
            "sallyport_route_programming",
            .gauge,
            "Routes by how far they have come: programmed, lagging, rejected, or unclaimed for want of a gateway.",
            labels: ["state"]
        ),
        MetricDescription("sallyport_gateways", .gauge, "Gateways that count: those that have reported lately."),
        MetricDescription(
            "sallyport_gateway_reports_total",
            .counter,
            "Reports of gateways by result: taken, unknown or doubtful (a full one is asked for), or refused.",
            labels: ["result"]
        ),
    ]

    private static let routeStream = [
        MetricDescription("route_stream_readers", .gauge, "Readers of the route stream now."),
        MetricDescription("route_stream_sent_bytes_total", .counter, "Bytes of routes written to readers."),
        MetricDescription(
            "route_stream_resets_total",
            .counter,
            "Whole tables sent to readers by reason: initial, or behind when a reader was too slow for changes.",
            labels: ["reason"]
        ),
        MetricDescription(
            "route_stream_ends_total",
            .counter,
            "Streams that ended by reason: complete, shutdown, disconnected, expired (token) or stalled (slow reader).",
            labels: ["reason"]
        ),
        MetricDescription(
            "route_stream_refusals_total",
            .counter,
            "Readers and reports refused by reason: invalidToken, notAllowed, unavailable (reviewer) or tooManyReaders.",
            labels: ["reason"]
        ),
        MetricDescription(
            "route_stream_reports_total",
            .counter,
            """
            Reports of admitted gateways by result: accepted, fullReportWanted, malformed, tooLarge, tooSlow, \
            wrongInstance or tooManyReports.
            """,
            labels: ["result"]
        ),
    ]
}
