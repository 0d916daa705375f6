// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
import JSON

/// Where clients register themselves: [RFC 7591 §3](https://www.rfc-editor.org/rfc/rfc7591#section-3).
///
/// Each call sends one request and never a second: a repetition would leave a client behind that nobody uses.
package struct RegistrationEndpoint: Sendable {
    /// Its URL.
    package let url: String
    private let client: any HTTPClient
    private let allowsLoopbackHTTP: Bool
    private let deadlines: Deadlines

    /// Largest answer that is read, in bytes.
    static let sizeLimit = 256 << 10
    private static let limits = JSONLimits(maximumDepth: 16, maximumBytes: sizeLimit, maximumValues: 10_000)

    /// - Parameters:
    ///   - url: From the metadata of an authorization server.
    ///   - client: Obeys the rules for URLs from resources.
    ///   - allowsLoopbackHTTP: Whether `http` is good enough for a loopback host.
    ///   - deadlines: How long the request may take.
    package init(
        url: String,
        client: any HTTPClient,
        allowsLoopbackHTTP: Bool = false,
        deadlines: Deadlines = TokenEndpoint.standardDeadlines
    ) {
        self.url = url
        self.client = client
        self.allowsLoopbackHTTP = allowsLoopbackHTTP
        self.deadlines = deadlines
    }

    /// Registers a client.
    ///
    /// - Parameters:
    ///   - metadata: What the client says about itself.
    ///   - method: How it wants to prove itself.
    /// - Returns: The client, and how it proves itself there.
    /// - Throws: ``RegistrationError``, or `CancellationError`.
    package func register(_ metadata: ClientMetadata, method: String) async throws -> ClientRegistration {
        guard SecureURL.isAcceptable(url, allowsLoopbackHTTP: allowsLoopbackHTTP) else {
            throw RegistrationError(
                .insecureEndpoint,
                "the registration endpoint is not an https URL",
                advice: "Check what the authorization server publishes."
            )
        }
        let response: IncomingResponse
        let body: [UInt8]
        do {
            response = try await client.send(
                OutgoingRequest(
                    .post,
                    url,
                    headers: ["Content-Type": "application/json", "Accept": "application/json"],
                    body: .bytes(metadata.registration(method: method).serialized(.compact)),
                    deadlines: deadlines,
                    maximumResponseBody: Self.sizeLimit,
                    mayBeResent: false
                )
            )
            body = try await response.body.collect(upTo: Self.sizeLimit)
        } catch let error as HTTPTransportError {
            throw Self.failure(error)
        }
        return try Self.read(status: response.status, headers: response.headers, body: body, for: metadata)
    }

    private static func read(
        status: Int,
        headers: HTTPHeaders,
        body: [UInt8],
        for metadata: ClientMetadata
    ) throws(RegistrationError) -> ClientRegistration {
        if status == 429 || status >= 500 {
            throw RegistrationError(
                .unavailable,
                "the registration endpoint answers with status \(status)",
                advice: "Try again later.",
                retryAfter: headers.secondsToWait
            )
        }
        guard JSONContent.isDeclared(headers) else { throw unusable(status, "its content is not JSON") }
        let json: JSONValue
        do { json = try JSONValue(parsing: body, limits: limits) } catch {
            throw unusable(status, "it is no JSON text that is accepted")
        }
        guard case .object(let members) = json else { throw unusable(status, "it is no JSON object") }
        switch status {
        // Some servers say 200, which RFC 7591 does not know.
        case 200, 201:
            do throws(MalformedRegistration) { return try ClientRegistration(members, for: metadata) } catch {
                throw unusable(status, error.problem)
            }
        case 400...499: throw refused(members, status)
        default: throw unusable(status, "that status means nothing here")
        }
    }

    private static func refused(_ members: JSONObject, _ status: Int) -> RegistrationError {
        var reason = "the registration endpoint refuses with status \(status)"
        if let error = members["error"]?.stringValue, !error.isEmpty {
            reason += " and '\(PeerText.quotable(error))'"
        }
        if let description = members["error_description"]?.stringValue, !description.isEmpty {
            reason += " and says '\(PeerText.quotable(description))'"
        }
        return RegistrationError(
            .refused,
            reason,
            advice: "Register a client there by hand and name it in the server's spec."
        )
    }

    private static func unusable(_ status: Int, _ reason: String) -> RegistrationError {
        RegistrationError(
            .malformed,
            "the answer with status \(status) is not usable, \(reason)",
            advice: "Check that the URL is that of a registration endpoint."
        )
    }

    private static func failure(_ error: HTTPTransportError) -> RegistrationError {
        let isMalformed = error.code == .bodyTooLarge || error.code == .invalidResponse
        return RegistrationError(
            isMalformed ? .malformed : .unreachable,
            "the registration endpoint gave no usable answer (\(error.code.rawValue))",
            advice: "Check that it can be reached from here."
        )
    }
}

extension AuthorizationServerMetadata {
    /// How a client that registers itself asks to prove itself: with a secret where the server takes one; `nil` if it
    /// takes nothing that such a client has.
    ///
    /// A server that does not say takes `client_secret_basic` (RFC 8414 §2).
    package var registrationMethod: String? {
        guard let methods = tokenEndpointAuthMethods else { return "client_secret_basic" }
        return ["client_secret_basic", "client_secret_post", "none"].first(where: methods.contains)
    }
}
