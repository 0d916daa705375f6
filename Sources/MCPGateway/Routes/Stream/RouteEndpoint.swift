// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
package import JSON
import RouteTable

/// An operator's HTTP interface for gateways: what to ask, and as whom.
package struct RouteEndpoint: Sendable {
    /// Returns the bearer token to present now; what it throws is a full sentence without a credential.
    ///
    /// Called for each request, because a projected token is replaced while the process runs.
    package typealias Token = @Sendable () throws -> Redacted<String>

    /// Without query and without a `/` at its end.
    let base: String
    private let token: Token

    /// - Parameters:
    ///   - url: Where the interface is, without `/v1/…`.
    ///   - token: The token of the moment.
    package init(_ url: HTTPURL, token: @escaping Token) {
        base = url.withoutQuery.hasSuffix("/") ? String(url.withoutQuery.dropLast()) : url.withoutQuery
        self.token = token
    }

    /// The request for the whole table, and with `watch` for what follows.
    func table(watch: Bool) throws -> OutgoingRequest {
        OutgoingRequest(
            .get,
            base + "/v1/routes" + (watch ? "?watch=true" : ""),
            headers: try headers(accept: "application/x-ndjson"),
            deadlines: Deadlines(connect: .seconds(5), head: .seconds(15), idle: .seconds(60), total: nil),
            maximumResponseBody: nil,
            trafficClass: .stream
        )
    }

    /// The request that says what became of the routes.
    func report(
        _ report: GatewayReport,
        from instance: GatewayInstance,
        to address: IPAddress?
    ) throws
        -> OutgoingRequest
    {
        var headers = try headers(accept: "application/json")
        headers["Content-Type"] = "application/json"
        return OutgoingRequest(
            .post,
            "\(base)/v1/gateways/\(instance)/status",
            headers: headers,
            body: .bytes(report.json.serialized(.compact)),
            deadlines: Deadlines(connect: .seconds(3), head: .seconds(8), idle: .seconds(3), total: .seconds(10)),
            maximumResponseBody: 64 << 10,
            address: address
        )
    }

    private func headers(accept: String) throws -> HTTPHeaders {
        ["Accept": accept, "Authorization": "Bearer \(try token().exposed)"]
    }
}
