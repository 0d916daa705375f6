// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import InboundHTTP
import Logging
import Timing

/// Lets in whom the authenticator knows, and answers everybody else.
struct Doorkeeper: Sendable {
    private let authenticator: any ReaderAuthenticator
    private let deadline: Duration
    private let clock: any Clock<Duration>
    private let metrics: RouteServiceMetrics
    private let logger: Logger

    init(
        authenticator: any ReaderAuthenticator,
        deadline: Duration,
        clock: any Clock<Duration>,
        metrics: RouteServiceMetrics,
        logger: Logger
    ) {
        self.authenticator = authenticator
        self.deadline = deadline
        self.clock = clock
        self.metrics = metrics
        self.logger = logger
    }

    /// Who sent the request.
    ///
    /// - Throws: ``RequestRefusal`` for whoever is not let in, or `CancellationError`.
    func identify(_ request: Request) async throws -> ReaderIdentity {
        let refusal: ReaderRefusal
        do {
            let token = try BearerToken(request.headers)
            let reader = try await withDeadline(deadline, clock: clock) { [authenticator] in
                try await authenticator.authenticate(token.value)
            }
            if let reader { return reader }
            refusal = ReaderRefusal(.unavailable, "The token could not be checked in time. Try again.")
        } catch let error as BearerTokenError {
            refusal = ReaderRefusal(.invalidToken, error.message)
        } catch let error as ReaderRefusal {
            refusal = error
        } catch {
            try Task.checkCancellation()
            // What an unknown error says might hold the token; its type cannot.
            logger.warning("Could not check a token", metadata: ["error.type": "\(type(of: error))"])
            refusal = ReaderRefusal(.unavailable, "The token could not be checked. Try again.")
        }
        metrics.refused(refusal.code)
        logger.info(
            "Refused a reader",
            metadata: ["reason": "\(refusal.code.rawValue)", "message": "\(refusal.message)"]
        )
        throw RequestRefusal(refusal)
    }
}

extension RequestRefusal {
    /// The answer to a token that does not admit its bearer.
    init(_ refusal: ReaderRefusal) {
        switch refusal.code {
        case .invalidToken:
            self.init(.unauthorized, "InvalidToken", refusal.message, headers: [.wwwAuthenticate: "Bearer"])
        case .notAllowed: self.init(.forbidden, "NotAllowed", refusal.message)
        case .unavailable:
            self.init(.serviceUnavailable, "ReviewerUnavailable", refusal.message, retryAfter: .seconds(5))
        }
    }
}
