// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON

/// Reads what a token endpoint answered, without any I/O.
enum TokenAnswer {
    /// Largest answer that is read, in bytes.
    static let sizeLimit = 1 << 20
    private static let limits = JSONLimits(maximumDepth: 16, maximumBytes: sizeLimit, maximumValues: 10_000)

    /// Reads an answer whose body has arrived.
    ///
    /// - Parameters:
    ///   - status: The HTTP status.
    ///   - headers: Say what the content is, and how long to wait.
    ///   - body: At most ``sizeLimit`` bytes.
    ///   - secrets: What was sent and must not come back in a message.
    /// - Returns: The token and what belongs to it.
    /// - Throws: ``TokenEndpointError``.
    static func read(
        status: Int,
        headers: HTTPHeaders,
        body: [UInt8],
        secrets: [Redacted<String>]
    ) throws(TokenEndpointError) -> TokenResponse {
        // Whatever stands in it, it is no verdict on the grant.
        if status == 429 || status >= 500 { throw unavailable(status, headers) }
        if (300...399).contains(status) { throw .malformed("it is a redirect, which is not followed", status: status) }
        guard hasJSON(headers) else { throw .malformed("its content is not JSON", status: status) }
        let json: JSONValue
        do { json = try JSONValue(parsing: body, limits: limits) } catch {
            throw .malformed("it is no JSON text that is accepted", status: status)
        }
        guard case .object(let members) = json else { throw .malformed("it is no JSON object", status: status) }
        if members["error"] != nil { throw refused(members, status, headers, secrets) }
        guard status == 200 else { throw .malformed("it has no 'error'", status: status) }
        do throws(MalformedTokenResponse) { return try TokenResponse(members) } catch {
            throw .malformed(error.problem, status: status)
        }
    }

    private static func unavailable(_ status: Int, _ headers: HTTPHeaders) -> TokenEndpointError {
        TokenEndpointError(
            .unavailable,
            "the token endpoint answers with status \(status)",
            advice: "Try again later.",
            status: status,
            retryAfter: headers.secondsToWait
        )
    }

    private static func refused(
        _ members: JSONObject,
        _ status: Int,
        _ headers: HTTPHeaders,
        _ secrets: [Redacted<String>]
    ) -> TokenEndpointError {
        guard case .string(let text) = members["error"] else {
            return .malformed("its 'error' is no text", status: status)
        }
        let oauthError = OAuthErrorCode(rawValue: text)
        var reason = "the token endpoint refuses with '\(PeerText.quotable(text, hiding: secrets))'"
        if let description = members["error_description"]?.stringValue, !description.isEmpty {
            reason += " and says '\(PeerText.quotable(description, hiding: secrets))'"
        }
        var maximumAge: Duration?
        if let seconds = members["max_age"].flatMap(wholeSeconds), seconds >= 0 {
            maximumAge = .seconds(min(seconds, TokenResponse.longestLifetime))
        }
        let contexts = members["acr_values"]?.stringValue?.split(separator: " ").prefix(16).map(String.init) ?? []
        return TokenEndpointError(
            oauthError == nil ? .refusedOtherwise : .refused,
            reason,
            advice: "Check the client, the grant and the policy at the authorization server.",
            oauthError: oauthError,
            status: status,
            retryAfter: headers.secondsToWait,
            maximumAge: maximumAge,
            authenticationContexts: contexts.filter { $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } }
        )
    }

    private static func wholeSeconds(_ value: JSONValue) -> Int64? {
        value.integerValue ?? value.stringValue.flatMap { Int64($0) }
    }

    private static func hasJSON(_ headers: HTTPHeaders) -> Bool { JSONContent.isDeclared(headers) }
}

/// Whether an answer says that it is JSON.
enum JSONContent {
    static func isDeclared(_ headers: HTTPHeaders) -> Bool {
        guard let value = headers["Content-Type"] else { return false }
        let mediaType = value.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
        return mediaType == "application/json" || (mediaType.hasPrefix("application/") && mediaType.hasSuffix("+json"))
    }
}

extension HTTPHeaders {
    /// `Retry-After` in seconds, capped; a date counts as absent, as the clocks may disagree.
    var secondsToWait: Duration? {
        guard let text = self["Retry-After"], !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        guard let seconds = Int64(text) else { return TokenEndpointError.longestWait }
        return seconds < 300 ? .seconds(seconds) : TokenEndpointError.longestWait
    }
}
