// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import JSON
import NIOCore

/// An answer other than the one that was asked for.
struct RequestRefusal: Error, Sendable {
    let status: HTTPResponse.Status
    /// A CamelCase word for programs.
    let reason: String
    /// A full sentence that says what to do; never holds a token.
    let message: String
    private let headers: HTTPFields

    init(
        _ status: HTTPResponse.Status,
        _ reason: String,
        _ message: String,
        retryAfter: Duration? = nil,
        headers: HTTPFields = [:]
    ) {
        self.status = status
        self.reason = reason
        self.message = message
        var headers = headers
        if let retryAfter { headers[.retryAfter] = String(retryAfter.components.seconds) }
        self.headers = headers
    }

    var response: Response {
        let body: JSONValue = ["error": ["reason": .string(reason), "message": .string(message)]]
        var headers = headers
        headers[.contentType] = "application/json"
        headers[.cacheControl] = "no-store"
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body.serialized(.compact) + [UInt8(ascii: "\n")]))
        )
    }
}
