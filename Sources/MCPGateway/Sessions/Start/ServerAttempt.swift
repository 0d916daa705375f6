// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Timing

/// How the connection of one session to one server stands, from the session's start on.
///
/// | state | event | next state |
/// |---|---|---|
/// | none | the session starts, or the caller tries again | connecting |
/// | connecting | a token came | none: the broker keeps it |
/// | connecting | a failure that may pass by itself | failed; again after 1 s, doubling to 60 s, eight times |
/// | connecting | any other failure, or the eighth | failed for good |
/// | failed | its time has come, or the caller tries again | connecting |
/// | failed | a token came for a request of the caller's | none |
enum ServerAttempt: Hashable, Sendable {
    case connecting(failures: Int)
    case failed(AttemptFailure, failures: Int)

    static let firstPause = Duration.seconds(1)
    static let longestPause = Duration.seconds(60)
    static let attemptLimit = 8

    /// The state after a start, or a new attempt.
    static func starting(_ before: ServerAttempt?) -> ServerAttempt {
        switch before {
        case .failed(_, let failures), .connecting(let failures): .connecting(failures: failures)
        case nil: .connecting(failures: 0)
        }
    }

    /// The state after a failure.
    ///
    /// - Parameters:
    ///   - failure: What the caller is shown.
    ///   - isTransient: Whether it may pass by itself.
    ///   - asked: How long to wait at least, if that was said.
    /// - Returns: The state, and when to try again; `nil` for never.
    func failed(
        _ failure: AttemptFailure,
        isTransient: Bool,
        asked: Duration?
    ) -> (state: ServerAttempt, retryAfter: Duration?) {
        let failures =
            switch self {
            case .connecting(let failures), .failed(_, let failures): min(failures + 1, Self.attemptLimit)
            }
        let state = ServerAttempt.failed(failure, failures: failures)
        guard isTransient, failures < Self.attemptLimit else { return (state, nil) }
        let pause = DoublingDelay.after(failures, first: Self.firstPause, longest: Self.longestPause)
        return (state, max(pause, asked ?? .zero))
    }
}

/// Why a server could not be connected, as `GET /servers` shows it.
struct AttemptFailure: Hashable, Sendable {
    /// The word.
    var reason: String
    /// The sentences.
    var message: String
}
