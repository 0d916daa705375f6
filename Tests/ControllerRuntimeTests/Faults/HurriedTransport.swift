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
    /// The field by which a request tells its number, so that a script need not count what arrives: on a busy machine a
    /// request that was given up may never get there.
    static let numberField = "X-Request-Number"

    private let recorded = NIOLockedValueBox<[Asked]>([])

    /// Makes one deadline short of each request that `hurried` names, counted from 0.
    init(_ transport: CurlTransport, hurried: [Int: HurriedDeadline]) {
        self.transport = transport
        self.hurried = hurried
    }

    /// A request as the client meant it.
    struct Asked: Sendable {
        /// `LIST`, or `WATCH resourceVersion=7`.
        var summary: String
        /// The deadlines that the client set.
        var deadlines: Deadlines
    }

    /// The requests, in order.
    var asked: [Asked] { recorded.withLockedValue { $0 } }

    func makeClient(_ configuration: HTTPClientConfiguration) throws -> any HTTPClient {
        HurriedClient(client: try transport.makeClient(configuration), hurried: hurried, recorded: recorded)
    }

    private struct HurriedClient: HTTPClient {
        let client: any HTTPClient
        let hurried: [Int: HurriedDeadline]
        let recorded: NIOLockedValueBox<[Asked]>

        func send(_ request: OutgoingRequest) async throws -> IncomingResponse {
            var request = request
            let asked = Asked(summary: try Self.summary(request), deadlines: request.deadlines)
            let number = recorded.withLockedValue { recorded in
                recorded.append(asked)
                return recorded.count - 1
            }
            request.headers.add(name: HurriedTransport.numberField, value: "\(number)")
            request.deadlines = request.deadlines.patient
            if let deadline = hurried[number] { request.deadlines[keyPath: deadline] = HurriedTransport.patience }
            return try await client.send(request)
        }

        private static func summary(_ request: OutgoingRequest) throws -> String {
            let parameters = (try HTTPURL(request.url).query ?? "").split(separator: "&")
            guard parameters.contains("watch=true") else { return "LIST" }
            return "WATCH \(parameters.first { $0.hasPrefix("resourceVersion=") } ?? "")"
        }
    }
}
