// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport

/// Decides whether one request to the API server is sent again, and when.
///
/// Holds what is counted over the attempts of one request; the caller waits and sends. Two rules:
/// an answer that says when to come back (429 or 5xx with `Retry-After`) was not carried out, so any request follows it;
/// and a request whose repetition changes nothing is tried again a few times after 503, 504 or a lost connection.
package struct RetryPolicy: Sendable {
    /// How an attempt failed.
    package enum Failure: Hashable, Sendable {
        case response(status: Int, retryAfter: Duration?)
        case transport(HTTPTransportError.Code)
    }

    /// What to do about a failure.
    package enum Decision: Hashable, Sendable {
        case giveUp
        case retry(after: Duration)
    }

    /// Retries that the server asked for.
    package static let maximumRequestedRetries = 10
    /// Retries of our own accord.
    package static let maximumOwnRetries = 3
    /// The most time one request waits between all its attempts.
    ///
    /// A server that wants more is for the caller to wait for.
    package static let maximumWait = Duration.seconds(60)

    private let repetition: APIRequest.Repetition
    private var requestedRetries = 0
    private var ownRetries = 0
    private var waited = Duration.zero

    package init(_ repetition: APIRequest.Repetition) { self.repetition = repetition }

    /// Decides after a failed attempt.
    package mutating func decide(
        after failure: Failure,
        using generator: inout some RandomNumberGenerator
    ) -> Decision {
        switch failure {
        case .response(let status, let retryAfter?) where status == 429 || status >= 500:
            guard requestedRetries < Self.maximumRequestedRetries else { return .giveUp }
            requestedRetries += 1
            return retry(after: retryAfter)
        case .response(503, _), .response(504, _), .transport(.connectionLost):
            guard repetition != .unsafe, ownRetries < Self.maximumOwnRetries else { return .giveUp }
            ownRetries += 1
            return retry(after: delay(using: &generator))
        case .response, .transport: return .giveUp
        }
    }

    private mutating func retry(after delay: Duration) -> Decision {
        guard waited + delay <= Self.maximumWait else { return .giveUp }
        waited += delay
        return .retry(after: delay)
    }

    /// Anywhere between 100 ms and 500 ms, 1 s, 2 s, so that the clients of a server that comes back do not arrive at
    /// once.
    private func delay(using generator: inout some RandomNumberGenerator) -> Duration {
        let ceiling = 250 << ownRetries
        return .milliseconds(Int.random(in: 100...ceiling, using: &generator))
    }
}
