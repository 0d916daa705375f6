// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A response whose head has arrived.
package struct IncomingResponse: Sendable {
    /// The three-digit status code.
    package var status: Int
    /// The header fields of the final head, without those of interim answers and trailers.
    package var headers: HTTPHeaders
    /// Still on the wire; dropping it ends the transfer.
    package var body: ResponseBody

    package init(status: Int, headers: HTTPHeaders = [:], body: ResponseBody = ResponseBody(bytes: [])) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
