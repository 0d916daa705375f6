// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import RouteTable

/// The events of one connection to an operator, in order.
struct RouteStream: Sendable {
    /// Why a connection has ended, and how long the operator wants to be left alone.
    struct End: Error, Sendable {
        var error: RouteStreamError
        var retryAfter: Duration?

        init(_ code: RouteStreamError.Code, _ message: String, retryAfter: Duration? = nil) {
            error = RouteStreamError(code, message)
            self.retryAfter = retryAfter
        }
    }

    /// The longest line, in bytes: a route with its credentials has a few thousand.
    static let maximumLineLength = 1 << 20
    private static let lineLimits = JSONLimits(
        maximumDepth: 32,
        maximumBytes: maximumLineLength,
        maximumValues: 100_000
    )

    private var lines: LineSequence.Iterator
    private var count = 0

    /// Connects.
    ///
    /// - Throws: ``End``, or `CancellationError`.
    init(_ endpoint: RouteEndpoint, watch: Bool, through client: any HTTPClient) async throws {
        let request: OutgoingRequest
        do { request = try endpoint.table(watch: watch) } catch { throw End(.refused, "\(error)") }
        let response: IncomingResponse
        do { response = try await client.send(request) } catch let error as HTTPTransportError {
            throw End(.disconnected, error.message)
        }
        try Self.check(response, from: endpoint)
        lines = LineSequence(response.body, maximumLineLength: Self.maximumLineLength).makeAsyncIterator()
    }

    /// The next event; `nil` when the operator has ended the stream after a whole line.
    ///
    /// - Throws: ``End``, or `CancellationError`.
    mutating func next() async throws -> RouteEvent? {
        let line: LineSequence.Line?
        do { line = try await lines.next() } catch let error as HTTPTransportError {
            throw End(error.code == .bodyTooLarge ? .malformed : .disconnected, error.message)
        }
        guard let line else { return nil }
        count += 1
        guard line.isTerminated else {
            throw End(.disconnected, "The route stream broke off within line \(count). The connection is made anew.")
        }
        do {
            return try RouteEvent(json: JSONValue(parsing: line.bytes, limits: Self.lineLimits))
        } catch {
            // Both kinds of error name a place and a rule, and quote no value.
            throw End(
                .malformed,
                """
                Could not read line \(count) of the route stream: \("\(error)".prefix(300)). Check that operator and \
                gateway are of one version.
                """
            )
        }
    }

    private static func check(_ response: IncomingResponse, from endpoint: RouteEndpoint) throws {
        guard response.status == 200 else { throw refusal(response, endpoint) }
        let type = response.headers["Content-Type"] ?? ""
        guard type.lowercased().hasPrefix("application/x-ndjson") else {
            throw End(
                .malformed,
                """
                '\(endpoint.base)' answered with '\(type.prefix(80))', which is no route stream. Check 'routes.url'.
                """
            )
        }
    }

    private static func refusal(_ response: IncomingResponse, _ endpoint: RouteEndpoint) -> End {
        let advice =
            switch response.status {
            case 401: "Check that 'routes.tokenFile' holds a current token with the operator's audience"
            case 403: "Check 'publication.serviceAccounts' at the operator"
            case 404: "Check 'routes.url'"
            case 503: "It will be asked again"
            default: "Check the operator's log"
            }
        return End(
            .refused,
            "'\(endpoint.base)' refused the route stream with status \(response.status). \(advice).",
            retryAfter: response.headers.retryAfter
        )
    }
}

extension HTTPHeaders {
    /// The wait that `Retry-After` asks for in whole seconds; none is longer than a minute.
    var retryAfter: Duration? {
        guard let text = self["Retry-After"], let seconds = Int64(text), seconds >= 0 else { return nil }
        return .seconds(seconds > 60 ? 60 : seconds)
    }
}
