// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport

extension APIError {
    /// The most text of the server taken into a message, in bytes.
    static let longestQuotation = 2_048

    /// A request answered with a failure.
    ///
    /// - Parameters:
    ///   - request: The request that failed.
    ///   - httpStatus: The status of the response.
    ///   - headers: The headers of the response.
    ///   - status: The `Status` in the body, if that is what the body was.
    ///   - text: The body, if it was text of some other kind.
    package init(
        request: APIRequest,
        httpStatus: Int,
        headers: HTTPHeaders,
        status: Status?,
        text: String = ""
    ) {
        let number = status.map { $0.code == 0 ? httpStatus : $0.code } ?? httpStatus
        let code = Self.code(status: status, number: number, verb: request.verb)
        let said = Self.quotable(status?.message ?? text)
        let answer = said.isEmpty ? "\(number)" : "\(number), '\(said)'"
        self.init(
            code,
            "Could not \(request.verb.rawValue) '\(request.subject)': the API server answered \(answer). \(code.advice)",
            status: number,
            reason: status?.reason ?? "",
            retryAfter: headers.retryAfter ?? status?.retryAfter,
            causes: status?.causes ?? []
        )
    }

    /// An `ERROR` event inside a watch.
    package init(watchStatus status: Status) {
        let code = Self.code(status: status, number: status.code, verb: .watch)
        self.init(
            code,
            """
            Could not go on with a watch: the API server ended it with \(status.code), \
            '\(Self.quotable(status.message))'. \(code.advice)
            """,
            status: status.code,
            reason: status.reason,
            retryAfter: status.retryAfter,
            causes: status.causes
        )
    }

    /// A request that got no usable response.
    package init(request: APIRequest, transport error: HTTPTransportError) {
        self.init(
            error.code == .bodyTooLarge ? .responseTooLarge : .transport,
            "Could not \(request.verb.rawValue) '\(request.subject)': \(error.message)",
            mayHaveBeenApplied: error.mayHaveBeenSent && request.repetition != .harmless,
            transport: error.code.rawValue
        )
    }

    /// A response that is not what the API promises.
    package static func unexpected(_ request: APIRequest, status: Int, _ problem: String) -> APIError {
        APIError(
            .unexpectedResponse,
            """
            Could not \(request.verb.rawValue) '\(request.subject)': \(quotable(problem)). Check that the server's URL \
            is that of a Kubernetes API server and that no proxy answers in its place.
            """,
            status: status
        )
    }

    /// The reason decides where it is known; the number, and for a bare 409 the verb, where it is not.
    private static func code(status: Status?, number: Int, verb: APIRequest.Verb) -> Code {
        if let status {
            let isAhead =
                status.causes.contains { $0.reason == "ResourceVersionTooLarge" }
                || status.message.contains("Too large resource version")
            if isAhead, number == 504 || status.reason == "Timeout" { return .resourceVersionTooLarge }
            if let code = codesByReason[status.reason] { return code }
        }
        switch number {
        case 400: return .badRequest
        case 401: return .unauthorized
        case 403: return .forbidden
        case 404: return .notFound
        case 405: return .methodNotSupported
        case 406: return .notAcceptable
        case 409: return verb == .create ? .alreadyExists : .conflict
        case 410: return .expired
        case 413: return .requestEntityTooLarge
        case 415: return .unsupportedMediaType
        case 422: return .invalid
        case 429: return .tooManyRequests
        case 503: return .serviceUnavailable
        case 504: return .timeout
        case 500...599: return .internalError
        default: return .unexpectedResponse
        }
    }

    private static let codesByReason: [String: Code] = [
        "NotFound": .notFound, "AlreadyExists": .alreadyExists, "Conflict": .conflict, "Expired": .expired,
        "Gone": .expired, "TooManyRequests": .tooManyRequests, "ServerTimeout": .timeout, "Timeout": .timeout,
        "Invalid": .invalid, "BadRequest": .badRequest, "Unauthorized": .unauthorized, "Forbidden": .forbidden,
        "MethodNotAllowed": .methodNotSupported, "NotAcceptable": .notAcceptable,
        "UnsupportedMediaType": .unsupportedMediaType, "RequestEntityTooLarge": .requestEntityTooLarge,
        "ServiceUnavailable": .serviceUnavailable, "InternalError": .internalError,
    ]

    /// Text of a peer made fit for one line of a message.
    static func quotable(_ text: String) -> String {
        var quoted = String.UnicodeScalarView()
        var bytes = 0
        for scalar in text.unicodeScalars {
            bytes += UTF8.width(scalar)
            if bytes > longestQuotation { break }
            quoted.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
        }
        var line = String(quoted)[...]
        while let last = line.last, last == " " || last == "." { line.removeLast() }
        return String(line.drop { $0 == " " })
    }
}

extension APIError.Code {
    /// What to check, as a full sentence.
    fileprivate var advice: String {
        switch self {
        case .notFound: "Check that the object, its namespace and its resource type exist."
        case .alreadyExists: "Check whether another writer made it first."
        case .conflict: "Read the object again, or check which field manager owns the field."
        case .expired: "List again: the version asked for is no longer kept."
        case .resourceVersionTooLarge: "Wait until this API server has caught up with the others."
        case .tooManyRequests: "Wait, and check the API server's load and its flow control."
        case .timeout, .serviceUnavailable, .internalError: "Check the API server's health and its log."
        case .invalid, .badRequest: "Check the fields that the answer names."
        case .unauthorized: "Check the token or client certificate of this client."
        case .forbidden: "Check the RBAC rules of this client's user."
        case .methodNotSupported, .notAcceptable, .unsupportedMediaType:
            "Check that the server's version serves this resource."
        case .requestEntityTooLarge, .responseTooLarge: "Check the size of the object."
        case .unexpectedResponse, .transport: "Check that the server's URL is that of a Kubernetes API server."
        }
    }
}
