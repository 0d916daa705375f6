// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesAPI
import Logging

/// One sending of a request, with what it was sent by.
struct Attempt {
    /// The largest single object accepted, in bytes: several times what the API server stores.
    static let maximumObject = 8 << 20

    let request: APIRequest
    let outgoing: OutgoingRequest
    let token: Redacted<String>?
    let connection: ConnectionSource.Generation
    let client: any HTTPClient
}

/// Why an attempt gave no answer.
struct AttemptFailure: Error {
    /// What the caller gets if no further attempt is made.
    let error: any Error
    /// What speaks for another attempt; `nil` if nothing can.
    let retryReason: RetryPolicy.Failure?
    /// What the server says about its flow control, for the log.
    let flowControl: Logger.Metadata

    /// A failure that is final: cancellation, or an answer that makes no sense.
    init(error: any Error) {
        self.error = error
        retryReason = nil
        flowControl = [:]
    }

    init(transport error: HTTPTransportError, _ request: APIRequest) {
        self.error = APIError(request: request, transport: error)
        retryReason = .transport(error.code)
        flowControl = [:]
    }

    /// Reads what a refusal says; a body that cannot be read leaves the status to speak for itself.
    init(refusing response: IncomingResponse, to request: APIRequest) async {
        var body: [UInt8]?
        do {
            body = try await response.body.collect(upTo: FailedResponse.maximumBody)
        } catch {
            body = nil
        }
        let refusal = FailedResponse.error(
            for: request,
            status: response.status,
            headers: response.headers,
            body: body
        )
        error = refusal
        // A server that lags behind the version asked for is the reflector's to wait for: it knows when to ask for less.
        retryReason =
            refusal.code == .resourceVersionTooLarge
            ? nil : .response(status: response.status, retryAfter: response.headers.retryAfter)
        var flowControl: Logger.Metadata = [:]
        for (key, header) in [
            ("kubernetes.flow_schema", "X-Kubernetes-PF-FlowSchema-UID"),
            ("kubernetes.priority_level", "X-Kubernetes-PF-PriorityLevel-UID"),
        ] {
            if let value = response.headers[header] { flowControl[key] = "\(value)" }
        }
        self.flowControl = flowControl
    }

    /// The failure's code, for the log.
    var code: String { (error as? APIError)?.code.rawValue ?? "other" }
}

/// Notices credentials or authorities that were rotated under a request, which is then worth one more attempt of each
/// kind.
struct Renewal {
    private var hasRenewedToken = false
    private var hasRenewedTrust = false

    mutating func isWorthAnotherAttempt(
        after failure: AttemptFailure,
        of attempt: Attempt,
        _ credentials: CredentialSource,
        _ connections: ConnectionSource
    ) -> Bool {
        switch failure.retryReason {
        case .response(status: 401, _) where !hasRenewedToken:
            hasRenewedToken = true
            return credentials.renew(after: attempt.token)
        case .transport(.tls) where !hasRenewedTrust:
            // The handshake failed, so nothing was sent.
            hasRenewedTrust = true
            return connections.renew(after: attempt.connection)
        default: return false
        }
    }
}
