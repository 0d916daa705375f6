// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import RouteTable

/// Takes in what gateways say about the routes they were sent.
package protocol ReportReceiver: Sendable {
    /// Takes one report in, at once: the gateway waits for the answer.
    ///
    /// - Parameters:
    ///   - report: Well-formed, and otherwise as the gateway sent it: keys and versions need not exist.
    ///   - instance: The gateway's name; its pod's where the token says so.
    ///   - reader: Whose token came with the report.
    /// - Returns: What the gateway is told.
    func receive(_ report: GatewayReport, from instance: String, by reader: ReaderIdentity) async -> ReportAnswer
}

/// What a gateway is told about its report.
package enum ReportAnswer: Hashable, Sendable {
    /// It is taken in.
    case accepted
    /// Nothing is known of this gateway, so what has changed since its last report means nothing.
    case fullReportWanted
}
