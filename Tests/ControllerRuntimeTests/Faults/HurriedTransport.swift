// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Curl
import HTTPTransport
import NIOConcurrencyHelpers

/// The real transport, with the long deadlines of some requests made short, so that a test need not wait for them.
struct HurriedTransport: HTTPClientFactory {
    /// Long for a server on the loopback.
    static let patience = Duration.milliseconds(400)

    private let transport: CurlTransport
    private let hurried: Set<Int>
    private let recorded = NIOLockedValueBox<[Deadlines]>([])

    /// Makes the deadlines short of the requests that `hurried` counts from 0.
    init(_ transport: CurlTransport, hurried: Set<Int>) {
        self.transport = transport
        self.hurried = hurried
    }

    /// The deadlines that were asked for, in order.
    var deadlines: [Deadlines] { recorded.withLockedValue { $0 } }

    func makeClient(_ configuration: HTTPClientConfiguration) throws -> any HTTPClient {
        HurriedClient(client: try transport.makeClient(configuration), hurried: hurried, recorded: recorded)
    }

    private struct HurriedClient: HTTPClient {
        let client: any HTTPClient
        let hurried: Set<Int>
        let recorded: NIOLockedValueBox<[Deadlines]>

        func send(_ request: OutgoingRequest) async throws -> IncomingResponse {
            var request = request
            let number = recorded.withLockedValue { deadlines in
                deadlines.append(request.deadlines)
                return deadlines.count - 1
            }
            if hurried.contains(number) {
                request.deadlines.head = HurriedTransport.patience
                request.deadlines.idle = HurriedTransport.patience
            }
            return try await client.send(request)
        }
    }
}
