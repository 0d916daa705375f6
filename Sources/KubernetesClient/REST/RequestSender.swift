// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesAPI
import Logging
import NIOConcurrencyHelpers
import Timing

/// Carries requests to the API server: connections, credentials, retries, and failures as ``APIError``.
struct RequestSender: Sendable {
    /// A server URL without a trailing slash, to which paths are appended.
    let server: String
    let connections: ConnectionSource
    let credentials: CredentialSource
    let clock: any Clock<Duration>
    let time: ElapsedTime
    let logger: Logger
    let metrics: KubernetesClientMetrics
    let generator: SharedGenerator
    /// How long one attempt at a request about a single object may take.
    var objectDeadline = Duration.seconds(35)
    private let warnings = WarningLog()

    init(
        server: String,
        connections: ConnectionSource,
        credentials: CredentialSource,
        clock: any Clock<Duration>,
        time: ElapsedTime,
        logger: Logger,
        metrics: KubernetesClientMetrics,
        generator: SharedGenerator
    ) {
        self.server = server
        self.connections = connections
        self.credentials = credentials
        self.clock = clock
        self.time = time
        self.logger = logger
        self.metrics = metrics
        self.generator = generator
    }

    /// Sends a request until it succeeds or nothing speaks for another attempt.
    ///
    /// `read` takes the body of a successful response. Its failures count as those of the attempt, so a body that breaks
    /// off is asked for again where that is harmless. `idleDeadline` and `lifetime` are for a watch: the longest silence,
    /// and when the server ends it.
    func send<Answer>(
        _ request: APIRequest,
        idleDeadline: Duration? = nil,
        lifetime: Duration? = nil,
        read: (IncomingResponse) async throws -> Answer
    ) async throws -> Answer {
        var policy = RetryPolicy(request.repetition)
        var renewal = Renewal()
        var generator = generator
        while true {
            let attempt = try prepare(request, idleDeadline, lifetime)
            let failure: AttemptFailure
            do throws(AttemptFailure) {
                return try await carry(attempt, read: read)
            } catch {
                failure = error
            }
            try Task.checkCancellation()
            if renewal.isWorthAnotherAttempt(after: failure, of: attempt, credentials, connections) {
                metrics.retried(request.verb)
                continue
            }
            guard request.verb != .watch, let reason = failure.retryReason,
                case .retry(let delay) = policy.decide(after: reason, using: &generator)
            else { throw failure.error }
            logger.debug(
                "Sending a request again",
                metadata: [
                    "kubernetes.verb": "\(request.verb)", "kubernetes.subject": "\(request.subject)",
                    "retry.delay": "\(delay)", "error.type": "\(failure.code)",
                ].merging(failure.flowControl) { first, _ in first }
            )
            metrics.retried(request.verb)
            try await clock.sleep(for: delay)
        }
    }

    /// Sleeps for a random time within a range, to the millisecond.
    func pause(_ milliseconds: ClosedRange<Int>) async throws {
        var generator = generator
        try await clock.sleep(for: .milliseconds(Int.random(in: milliseconds, using: &generator)))
    }

    private func prepare(
        _ request: APIRequest,
        _ idleDeadline: Duration?,
        _ lifetime: Duration?
    ) throws -> Attempt {
        let connection = connections.current()
        let token = try credentials.token()
        var outgoing = OutgoingRequest(request.method, server + request.target, headers: ["Accept": request.accept])
        if let contentType = request.contentType { outgoing.headers["Content-Type"] = contentType }
        if let token { outgoing.headers["Authorization"] = "Bearer \(token.exposed)" }
        if !request.body.isEmpty { outgoing.body = .bytes(request.body) }
        outgoing.mayBeResent = request.repetition == .harmless
        switch request.verb {
        case .watch:
            // The server may send its head only with the first event, and ends the watch itself; the last deadline is
            // for one that does not.
            outgoing.deadlines = Deadlines(
                head: max(.seconds(60), idleDeadline ?? .zero),
                idle: idleDeadline,
                total: lifetime.map { $0 + .seconds(30) }
            )
            outgoing.maximumResponseBody = nil
            outgoing.trafficClass = .stream
        case .list:
            outgoing.deadlines = Deadlines(head: .seconds(65), idle: .seconds(30), total: .seconds(65))
            outgoing.maximumResponseBody = nil
        case .get, .create, .update, .apply, .patch, .delete:
            outgoing.deadlines = Deadlines(head: objectDeadline, total: objectDeadline)
            outgoing.maximumResponseBody = Attempt.maximumObject
        }
        return Attempt(
            request: request,
            outgoing: outgoing,
            token: token,
            connection: connection,
            client: request.verb == .watch ? connection.streams : connection.requests
        )
    }

    /// Makes one attempt.
    private func carry<Answer>(
        _ attempt: Attempt,
        read: (IncomingResponse) async throws -> Answer
    ) async throws(AttemptFailure) -> Answer {
        let start = time.now
        var isAnswered = false
        do {
            let response = try await attempt.client.send(attempt.outgoing)
            isAnswered = true
            metrics.answered(attempt.request, status: response.status, after: time.now - start)
            warnings.log(response.headers, about: attempt.request, to: logger)
            guard FailedResponse.isSuccess(response.status) else {
                throw await AttemptFailure(refusing: response, to: attempt.request)
            }
            return try await read(response)
        } catch let failure as AttemptFailure {
            throw failure
        } catch let error as HTTPTransportError {
            if !isAnswered { metrics.failed(attempt.request, after: time.now - start) }
            throw AttemptFailure(transport: error, attempt.request)
        } catch let error as APIError {
            throw AttemptFailure(error: error)
        } catch {
            throw AttemptFailure(error: error)
        }
    }
}
