// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// A response whose head has arrived.
package struct IncomingResponse: Sendable {
    /// The three-digit status code.
    package var status: Int
    package var headers: HTTPHeaders
    package var body: ResponseBody

    package init(status: Int, headers: HTTPHeaders = [:], body: ResponseBody = ResponseBody(bytes: [])) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
