// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Logging

/// How one reconcile ended.
enum ReconcileResult: Sendable {
    case settled
    case requeued(after: Duration)
    case failed(any Error)
    case timedOut(Duration)
    case abandoned(TerminalError)

    init(_ outcome: ReconcileOutcome) {
        switch outcome {
        case .settled: self = .settled
        case .requeue(let delay): self = .requeued(after: delay)
        }
    }

    /// What the queue is told.
    var verdict: WorkVerdict {
        switch self {
        case .settled: .settled
        case .requeued(let delay): .requeue(after: delay)
        case .failed, .timedOut: .failed
        case .abandoned: .abandoned
        }
    }

    /// Says what went wrong; a success is logged at `trace` alone.
    func log(to logger: Logger) {
        switch self {
        case .settled: logger.trace("Reconciled")
        case .requeued(let delay): logger.trace("Reconciled, to be repeated", metadata: ["after": "\(delay)"])
        case .failed(is CancellationError): logger.debug("Reconcile cancelled")
        case .failed(let error):
            logger.warning("Reconcile failed, will be retried", metadata: ["error": "\(error)"])
        case .timedOut(let limit):
            logger.warning("Reconcile took too long, will be retried", metadata: ["limit": "\(limit)"])
        case .abandoned(let error):
            logger.error("Reconcile failed for good, waiting for a change", metadata: ["error": "\(error)"])
        }
    }
}
