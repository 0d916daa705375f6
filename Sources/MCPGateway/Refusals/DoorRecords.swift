// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import RouteTable

/// Records callers who are refused before a token is asked for.
struct DoorRecords: Sendable {
    let sink: any AuditSink
    let wallClock: @Sendable () -> NumericDate

    /// Somebody who was not let in.
    func refused(_ error: AuthenticationError, _ server: RouteKey?, _ correlationID: String) {
        let isKnownBad = error.code != .providerUnavailable
        sink.record(
            AuditRecord(
                time: wallClock(),
                correlationID: correlationID,
                server: server,
                outcome: isKnownBad ? .refused : .failed,
                reason: isKnownBad ? .unauthenticated : .exchangeUnavailable,
                errorType: error.code.rawValue,
                detail: error.message
            )
        )
    }

    /// A user whose request was not passed on, or whose server's answer was not.
    func refused(_ refusal: Refusal, _ server: RouteKey, _ session: Session, _ correlationID: String) {
        sink.record(
            AuditRecord(
                time: wallClock(),
                correlationID: correlationID,
                server: server,
                issuer: session.identity.user.issuer,
                userDigest: session.identity.user.digest,
                sessionDigest: session.identity.digest,
                outcome: refusal.status < 500 ? .refused : .failed,
                reason: refusal.reason,
                detail: refusal.message
            )
        )
    }
}
