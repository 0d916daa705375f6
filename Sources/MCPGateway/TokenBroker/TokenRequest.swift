// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// One caller's wish for a token, once it is clear that it may be asked for.
struct TokenRequest: Sendable {
    let plan: ExchangePlan
    let session: Session
    let caller: Caller
    /// The newest, when the request was made.
    let subject: SubjectToken
    let correlationID: String

    var ledgerKey: StepUpLedger.Key { StepUpLedger.Key(identity: session.identity, server: plan.server) }

    var circumstances: NegativeCache.Circumstances {
        plan.circumstances(caller, subjectDigest: subject.digest)
    }
}

/// A failure that happened before and would happen again.
struct RememberedFailure: Error, Sendable {
    let error: BrokerError
}

/// A failure that has its audit record.
struct RecordedFailure: Error, Sendable {
    let error: BrokerError
}
