// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import Logging
import OAuth

/// Writes audit records into a log, each as one line.
package struct LogAuditSink: AuditSink {
    private let logger: Logger

    package init(logger: Logger) { self.logger = logger }

    package func record(_ record: AuditRecord) {
        var metadata: Logger.Metadata = [
            "audit.outcome": "\(record.outcome.rawValue)", "correlation.id": "\(record.correlationID)",
        ]
        metadata["mcpserver"] = record.server.map { "\($0)" }
        metadata["oauth.issuer"] = record.issuer.map { "\($0)" }
        metadata["user.digest"] = record.userDigest.map { "\($0)" }
        metadata["session.digest"] = record.sessionDigest.map { "\($0)" }
        metadata["oauth.leg"] = record.leg.map { "\($0.name)" }
        metadata["oauth.step"] = record.step.map { "\($0.rawValue)" }
        metadata["oauth.client_id"] = record.clientID.map { "\($0)" }
        metadata["oauth.endpoint"] = record.endpoint.map { "\($0)" }
        metadata["oauth.audience"] = record.audience.map { "\($0)" }
        metadata["oauth.resource"] = record.resource.map { "\($0)" }
        metadata["oauth.scopes.requested"] = record.requestedScopes.map { "\($0)" }
        metadata["oauth.scopes.granted"] = record.grantedScopes.map { "\($0)" }
        metadata["oauth.token.digest"] = record.tokenDigest.map { "\($0)" }
        metadata["audit.reason"] = record.reason.map { "\($0.rawValue)" }
        metadata["error.type"] = record.errorType.map { "\($0)" }
        metadata["error"] = record.detail.map { "\($0)" }
        metadata["duration"] = "\(record.duration)"
        logger.notice("Audit", metadata: metadata)
    }
}

extension ExchangeLeg {
    /// In records and metric labels.
    var name: String {
        switch self {
        case .tokenExchange: "token_exchange"
        case .jwtBearer: "jwt_bearer"
        }
    }
}
