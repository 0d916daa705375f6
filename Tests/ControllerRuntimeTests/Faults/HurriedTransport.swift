// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Curl
import HTTPTransport
import NIOConcurrencyHelpers
import TestSupport

/// Which deadline of a request is made short.
typealias HurriedDeadline = any WritableKeyPath<Deadlines, Duration?> & Sendable

/// The real transport, with the long deadlines of some requests made short, so that a test need not wait for them.
///
/// All others are made longer, so that a busy machine does not run into them.
struct HurriedTransport: HTTPClientFactory {
    /// Only ever set where nothing comes, so it need not be long.
    static let patience = Duration.milliseconds(400)

    private let transport: CurlTransport
    private let hurried: [Int: HurriedDeadline]
    private let recorded = NIOLockedValueBox<[Deadlines]>([])

    /// Makes one deadline short of each request that `hurried` names, counted from 0.
    init(_ transport: CurlTransport, hurried: [Int: HurriedDeadline]) {
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
        let hurried: [Int: HurriedDeadline]
        let recorded: NIOLockedValueBox<[Deadlines]>

        func send(_ request: OutgoingRequest) async throws -> IncomingResponse {
            var request = request
            let number = recorded.withLockedValue { deadlines in
                deadlines.append(request.deadlines)
                return deadlines.count - 1
            }
            request.deadlines = request.deadlines.patient
            if let deadline = hurried[number] { request.deadlines[keyPath: deadline] = HurriedTransport.patience }
            return try await client.send(request)
        }
    }
}
