// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JOSE
import JSON
import OAuth
import OpenSSL
import RouteTable

/// Makes audit records and metrics of what a broker does.
struct BrokerRecorder: Sendable {
    let sink: any AuditSink
    let metrics: BrokerMetrics
    let wallClock: @Sendable () -> NumericDate

    /// A record of a request for a token by that plan, as a refusal that nothing was sent for.
    func record(
        _ plan: ExchangePlan,
        _ session: Session,
        _ correlationID: String,
        at time: NumericDate
    ) -> AuditRecord {
        var record = Self.blank(plan.server, session, correlationID, at: time)
        record.audience = plan.source.audience
        record.resource = plan.resource
        return record
    }

    /// Records a leg that was sent.
    func sent(_ record: AuditRecord, url: String) {
        guard let leg = record.leg else { return }
        metrics.sent(leg, url, outcome: record.errorType ?? AuditRecord.Outcome.granted.rawValue, record.duration)
        sink.record(record)
    }

    /// Records that a server gets the user's own token, for which nobody was asked.
    func forwarded(_ issued: IssuedToken, _ plan: ExchangePlan, _ session: Session, _ correlationID: String) {
        var record = record(plan, session, correlationID, at: wallClock())
        record.outcome = .granted
        record.tokenDigest = Self.digest(issued.token.token)
        sink.record(record)
    }

    /// Records a failure for which nothing was sent.
    func refused(_ failure: ExchangeFailure, _ plan: ExchangePlan, _ session: Session, _ correlationID: String) {
        var record = record(plan, session, correlationID, at: wallClock())
        Self.note(failure.error, in: &record)
        record.detail = failure.detail
        sink.record(record)
    }

    /// Records a refusal by a rule or by a failure that is remembered.
    func refused(_ error: BrokerError, _ server: RouteKey, _ session: Session, _ correlationID: String) {
        var record = Self.blank(server, session, correlationID, at: wallClock())
        Self.note(error, in: &record)
        record.detail = error.message
        sink.record(record)
    }

    private static func note(_ error: BrokerError, in record: inout AuditRecord) {
        record.outcome = error.reason == .exchangeUnavailable ? .failed : .refused
        record.reason = Refusal.Reason(error.reason)
        record.errorType = error.cause
    }

    private static func blank(
        _ server: RouteKey,
        _ session: Session,
        _ correlationID: String,
        at time: NumericDate
    ) -> AuditRecord {
        AuditRecord(
            time: time,
            correlationID: correlationID,
            server: server,
            issuer: session.identity.user.issuer,
            userDigest: session.identity.user.digest,
            sessionDigest: session.identity.digest,
            outcome: .refused,
            duration: .zero
        )
    }

    static func digest(_ token: Redacted<String>) -> String {
        String(SHA256.hexadecimalDigest(Array(token.exposed.utf8)).prefix(16))
    }

    static func withoutQuery(_ url: String) -> String? {
        do { return try HTTPURL(url).withoutQuery } catch {
            // Nothing is sent to what is no URL.
            return nil
        }
    }
}
