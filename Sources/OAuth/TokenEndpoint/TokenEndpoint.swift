// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
package import JOSE
import JSON

/// A token endpoint, and the client that speaks to it.
///
/// Each call sends one request and never a second: whether to try again is for whoever knows what the request uses up.
package struct TokenEndpoint: Sendable {
    /// Its URL.
    package let url: String
    /// Who we are there.
    package let credential: ClientCredential
    private let client: any HTTPClient
    private let allowsLoopbackHTTP: Bool
    private let deadlines: Deadlines

    /// For each request as a whole.
    package static let standardDeadlines = Deadlines(connect: .seconds(5), head: .seconds(10), total: .seconds(12))

    /// - Parameters:
    ///   - url: Where to send requests.
    ///   - credential: Who sends them.
    ///   - client: Obeys the rules for that URL: those of configuration, or the egress policy.
    ///   - allowsLoopbackHTTP: Whether `http` is good enough for a loopback host.
    ///   - deadlines: How long a request may take.
    package init(
        url: String,
        credential: ClientCredential,
        client: any HTTPClient,
        allowsLoopbackHTTP: Bool = false,
        deadlines: Deadlines = TokenEndpoint.standardDeadlines
    ) {
        self.url = url
        self.credential = credential
        self.client = client
        self.allowsLoopbackHTTP = allowsLoopbackHTTP
        self.deadlines = deadlines
    }

    /// Sends a request and reads the answer.
    ///
    /// - Parameters:
    ///   - form: The grant; the client's proof is added to it.
    ///   - now: When it is sent, for an assertion of the client.
    ///   - identifier: The `jti` of such an assertion, never used before.
    /// - Returns: The token, whose type is still to be checked by the exchange that asked for it.
    /// - Throws: ``TokenEndpointError``, or `CancellationError`.
    package func send(_ form: TokenForm, at now: NumericDate, identifier: String) async throws -> TokenResponse {
        var form = form
        let request = try makeRequest(&form, at: now, identifier: identifier)
        var secrets = form.secrets
        if case .clientSecretBasic(let secret) = credential.authentication { secrets.append(secret) }
        let response: IncomingResponse
        let body: [UInt8]
        do {
            response = try await client.send(request)
            body = try await response.body.collect(upTo: TokenAnswer.sizeLimit)
        } catch let error as HTTPTransportError {
            throw Self.failure(error)
        }
        return try TokenAnswer.read(status: response.status, headers: response.headers, body: body, secrets: secrets)
    }

    private func makeRequest(
        _ form: inout TokenForm,
        at now: NumericDate,
        identifier: String
    ) throws(TokenEndpointError) -> OutgoingRequest {
        guard SecureURL.isAcceptable(url, allowsLoopbackHTTP: allowsLoopbackHTTP) else {
            throw TokenEndpointError(
                .insecureEndpoint,
                "the token endpoint is not an https URL",
                advice: "Correct the endpoint."
            )
        }
        var headers: HTTPHeaders = [
            "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
        ]
        try credential.authenticate(&form, &headers, at: now, identifier: identifier)
        return OutgoingRequest(
            .post,
            url,
            headers: headers,
            body: .bytes(form.encoded()),
            deadlines: deadlines,
            maximumResponseBody: TokenAnswer.sizeLimit,
            mayBeResent: false
        )
    }

    private static func failure(_ error: HTTPTransportError) -> TokenEndpointError {
        switch error.code {
        case .addressForbidden, .invalidRequest:
            // Nothing is wrong with the endpoint: others may well reach it.
            TokenEndpointError(
                .insecureEndpoint,
                "this gateway's rules do not let it reach the token endpoint (\(error.code.rawValue))",
                advice: "Permit its address, or list the endpoint in the gateway's configuration."
            )
        case .bodyTooLarge, .invalidResponse:
            TokenEndpointError(
                .malformed,
                "the token endpoint's answer is not usable (\(error.code.rawValue))",
                advice: "Check that the URL is that of a token endpoint."
            )
        default:
            TokenEndpointError(
                error.mayHaveBeenSent ? .answerLost : .unreachable,
                "the token endpoint gave no answer (\(error.code.rawValue))",
                advice: "Check that it can be reached from here."
            )
        }
    }
}

/// Which URLs secrets, and questions whose answers are trusted, may be sent to.
enum SecureURL {
    static func isAcceptable(_ text: String, allowsLoopbackHTTP: Bool) -> Bool {
        let url: HTTPURL
        do { url = try HTTPURL(text) } catch { return false }
        return url.scheme == .https || (allowsLoopbackHTTP && url.isLoopback)
    }
}
