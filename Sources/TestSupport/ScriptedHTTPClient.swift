// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
import NIOConcurrencyHelpers

/// An HTTP client that answers from a script and remembers what it was asked.
///
/// For tests of code that speaks HTTP: exact requests, exact answers, no socket.
package final class ScriptedHTTPClient: HTTPClient {
    /// Answers one request, or throws in place of the network.
    package typealias Handler = @Sendable (OutgoingRequest) async throws -> IncomingResponse

    private let recorded = NIOLockedValueBox<[OutgoingRequest]>([])
    private let handler: Handler

    /// - Parameter handler: Answers each request, or throws in place of the network.
    package init(_ handler: @escaping Handler) { self.handler = handler }

    /// The requests so far, in order.
    package var requests: [OutgoingRequest] { recorded.withLockedValue { $0 } }

    package func send(_ request: OutgoingRequest) async throws -> IncomingResponse {
        recorded.withLockedValue { $0.append(request) }
        return try await handler(request)
    }
}

/// A factory whose every client is the same one, and that remembers the rules it was asked for.
package final class ScriptedHTTPClientFactory: HTTPClientFactory {
    private let recorded = NIOLockedValueBox<[HTTPClientConfiguration]>([])
    private let client: any HTTPClient

    package init(_ client: any HTTPClient) { self.client = client }

    /// The configurations clients were made with, in order.
    package var configurations: [HTTPClientConfiguration] { recorded.withLockedValue { $0 } }

    package func makeClient(_ configuration: HTTPClientConfiguration) throws -> any HTTPClient {
        recorded.withLockedValue { $0.append(configuration) }
        return client
    }
}
