// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import OAuth

/// Decides what follows on each answer of an upstream to one request of a client.
///
/// At most one new token after a 401, and at most three with more scopes after a 403, whatever the upstream answers.
struct RelayProgress: Hashable, Sendable {
    /// What to do next.
    enum Step: Hashable, Sendable {
        /// The answer is the client's.
        case pass(UpstreamContent)
        /// The answer's status is the client's, and its body is nothing that may be passed on.
        case passStatus
        /// Obtain another token and send the request again.
        case replaceToken
        /// Obtain a token with these scopes too, and send the request again.
        case stepUp(Set<String>)
        /// The answer is of no use.
        case refuse(UpstreamProblem)
    }

    static let stepUpLimit = 3

    /// Whether the request was sent with a token.
    let hasToken: Bool
    /// Whether the request can be sent a second time.
    let mayRepeat: Bool
    private(set) var hasReplacedToken = false
    /// Whether a token that took the place of another one was refused too.
    private(set) var hasGivenUp = false
    private(set) var stepUps = 0

    init(hasToken: Bool, mayRepeat: Bool) {
        self.hasToken = hasToken
        self.mayRepeat = mayRepeat
    }

    mutating func next(status: Int, _ headers: HTTPHeaders) -> Step {
        let content = UpstreamContent(status: status, headers)
        switch status {
        case 200...299: return content == .other ? .refuse(.contentType) : .pass(content)
        case 401: return refusedToken()
        case 403:
            guard let challenge = BearerChallenge(headers), challenge.error == "insufficient_scope", hasToken else {
                return passing(content)
            }
            guard mayRepeat else { return .refuse(.scopeNeeded(challenge.scopes)) }
            guard stepUps < Self.stepUpLimit else { return .refuse(.scopesWithoutEnd) }
            stepUps += 1
            return .stepUp(challenge.scopes)
        // A status of the protocol: no such session, no such method, too many requests.
        case 400, 402, 404...499: return passing(content)
        case 500...599: return content == .json ? .pass(.json) : .refuse(.failed(status))
        // A redirection is not followed, and would lead the client past the gateway.
        default: return .refuse(.status(status))
        }
    }

    private mutating func refusedToken() -> Step {
        guard hasToken else { return .refuse(.wantsToken) }
        guard !hasReplacedToken else {
            hasGivenUp = true
            return .refuse(.rejectedToken)
        }
        guard mayRepeat else { return .refuse(.rejectedTokenOfLargeRequest) }
        hasReplacedToken = true
        return .replaceToken
    }

    private func passing(_ content: UpstreamContent) -> Step {
        switch content {
        case .json, .events, .none: .pass(content)
        case .other: .passStatus
        }
    }
}

/// What is wrong with an upstream's answer.
enum UpstreamProblem: Hashable, Sendable {
    case contentType
    case status(Int)
    case failed(Int)
    case wantsToken
    case rejectedToken
    case rejectedTokenOfLargeRequest
    /// These, for a request that cannot be sent again.
    case scopeNeeded(Set<String>)
    case scopesWithoutEnd
    case sessionID
    /// An event stream for a client that did not ask for one.
    case unwantedStream
}
