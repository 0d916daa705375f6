// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Curl
import HTTPTransport
import TestSupport
import Testing

/// Runs a test with a client of its own and ends the transport afterwards.
func withClient<Result>(
    _ configuration: HTTPClientConfiguration = HTTPClientConfiguration(),
    _ body: (any HTTPClient) async throws -> Result
) async throws -> Result {
    let transport = try CurlTransport()
    let patient = PatientTransport(transport) { $0 == Deadlines() }
    let client = try patient.makeClient(configuration)
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await body(client)) } catch { result = .failure(error) }
    await transport.shutdown()
    return try result.get()
}

extension HTTPClient {
    /// Sends a request and reads the whole answer.
    func fetch(_ request: OutgoingRequest) async throws -> (status: Int, headers: HTTPHeaders, text: String) {
        let response = try await send(request)
        let bytes = try await response.body.collect(upTo: .max)
        return (response.status, response.headers, String(decoding: bytes, as: UTF8.self))
    }

    /// The transport's error for a request that must fail.
    func failure(
        of request: OutgoingRequest,
        _ location: SourceLocation = #_sourceLocation
    ) async throws
        -> HTTPTransportError
    {
        try await #require(throws: HTTPTransportError.self, sourceLocation: location) { _ = try await fetch(request) }
    }
}
