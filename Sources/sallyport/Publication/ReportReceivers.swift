// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import MCPServerOperator
import RouteService
import RouteTable

/// Hands reports to the operator of a cluster.
struct OperatorReportReceiver: ReportReceiver {
    let clusterOperator: ClusterOperator

    func receive(_ report: GatewayReport, from instance: String, by reader: ReaderIdentity) async -> ReportAnswer {
        switch clusterOperator.receive(report, from: instance) {
        case .accepted: .accepted
        case .needsFull: .fullReportWanted
        }
    }
}

/// Takes reports in where the gateway of the process itself is the one that counts, and so nothing depends on them.
struct UnusedReportReceiver: ReportReceiver {
    func receive(_ report: GatewayReport, from instance: String, by reader: ReaderIdentity) async -> ReportAnswer {
        .accepted
    }
}
