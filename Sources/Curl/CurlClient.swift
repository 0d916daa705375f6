// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// A client of the event loop: one set of rules, one connection pool.
final class CurlClient: HTTPClient {
    private let rules: ClientRules

    init(_ rules: ClientRules) { self.rules = rules }

    func send(_ request: OutgoingRequest) async throws -> IncomingResponse {
        try Task.checkCancellation()
        let target = try rules.targets.target(of: request, rules.configuration)
        let prepared = try PreparedRequest(request, to: target, configuration: rules.configuration)
        let transfer = Transfer(prepared, rules: rules, startedAt: ContinuousClock.now)
        let head = try await transfer.start()
        return IncomingResponse(status: head.status, headers: head.headers, body: ResponseBody(TransferBody(transfer)))
    }
}
