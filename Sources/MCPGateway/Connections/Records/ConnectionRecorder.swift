// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import OAuth
import RouteTable

/// Who wants something of a connection, for its records.
struct ConnectionRequest: Sendable {
    var server: RouteKey
    var session: Session
    /// Ties records to the request.
    var correlationID: String

    var caller: Caller { Caller(user: session.identity.user, server: server) }
}

/// Makes audit records and metrics of what connections do.
struct ConnectionRecorder: Sendable {
    /// A request to a token endpoint, and how it ended.
    struct Sent: Sendable {
        var step: ConnectionStep
        var url: String
        var binding: GrantBinding
        var scopes: ScopeList
        var duration: Duration
    }

    let sink: any AuditSink
    let metrics: ConnectionMetrics
    let wallClock: @Sendable () -> NumericDate

    func granted(_ tokens: GrantedTokens, _ sent: Sent, _ request: ConnectionRequest, detail: String? = nil) {
        var record = record(sent, request)
        record.outcome = .granted
        record.grantedScopes = ScopeList(tokens.token.scopes).text
        record.tokenDigest = BrokerRecorder.digest(tokens.token.token)
        record.detail = detail
        send(record, sent)
    }

    func failed(_ failure: ConnectionFailure, _ sent: Sent, _ request: ConnectionRequest) {
        var record = record(sent, request)
        Self.note(failure.error, in: &record)
        record.detail = failure.detail
        send(record, sent)
    }

    func registered(
        _ registration: ClientRegistration,
        _ request: ConnectionRequest,
        at url: String,
        _ duration: Duration
    ) {
        var record = blank(request)
        record.step = .registration
        record.clientID = registration.credential.clientID
        record.endpoint = BrokerRecorder.withoutQuery(url)
        record.outcome = .granted
        record.duration = duration
        metrics.sent(.registration, url, outcome: AuditRecord.Outcome.granted.rawValue, duration)
        sink.record(record)
    }

    func couldNotRegister(
        _ error: RegistrationError,
        _ request: ConnectionRequest,
        at url: String,
        _ duration: Duration
    ) {
        var record = blank(request)
        record.step = .registration
        record.endpoint = BrokerRecorder.withoutQuery(url)
        record.outcome = error.isTransient ? .failed : .refused
        record.errorType = error.code.rawValue
        record.detail = error.message
        record.duration = duration
        metrics.sent(.registration, url, outcome: error.code.rawValue, duration)
        sink.record(record)
    }

    /// Something that was refused without a request.
    ///
    /// - Parameters:
    ///   - error: What the caller is told.
    ///   - server: `nil` where it is not known which it was about.
    ///   - session: Whose.
    ///   - correlationID: Ties the record to the request.
    ///   - detail: What a peer said, without secrets; `nil` for the error's own, or what the caller is told.
    func refused(
        _ error: BrokerError,
        _ server: RouteKey?,
        _ session: Session,
        _ correlationID: String,
        detail: String? = nil
    ) {
        var record = blank(session, correlationID)
        record.server = server
        Self.note(error, in: &record)
        record.detail = detail ?? error.detail ?? error.message
        sink.record(record)
    }

    private func send(_ record: AuditRecord, _ sent: Sent) {
        let outcome = record.errorType ?? AuditRecord.Outcome.granted.rawValue
        metrics.sent(sent.step, sent.url, outcome: outcome, sent.duration)
        sink.record(record)
    }

    private func record(_ sent: Sent, _ request: ConnectionRequest) -> AuditRecord {
        var record = blank(request)
        record.step = sent.step
        record.clientID = sent.binding.clientID
        record.endpoint = BrokerRecorder.withoutQuery(sent.url)
        record.audience = sent.binding.issuer
        record.resource = sent.binding.resource
        record.requestedScopes = sent.scopes.text
        record.duration = sent.duration
        return record
    }

    private func blank(_ request: ConnectionRequest) -> AuditRecord {
        var record = blank(request.session, request.correlationID)
        record.server = request.server
        return record
    }

    private func blank(_ session: Session, _ correlationID: String) -> AuditRecord {
        AuditRecord(
            time: wallClock(),
            correlationID: correlationID,
            issuer: session.identity.user.issuer,
            userDigest: session.identity.user.digest,
            sessionDigest: session.identity.digest,
            outcome: .refused
        )
    }

    private static func note(_ error: BrokerError, in record: inout AuditRecord) {
        record.outcome = error.reason == .exchangeUnavailable ? .failed : .refused
        record.reason = Refusal.Reason(error.reason)
        record.errorType = error.cause
    }
}
