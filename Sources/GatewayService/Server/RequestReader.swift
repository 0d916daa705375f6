// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import HTTPTypes
import Hummingbird
import InboundHTTP
import MCPGateway
import NIOCore

/// Makes values of what comes over the wire.
enum RequestReader {
    /// The request, whose body is read when somebody asks for it.
    static func read(_ request: Request) -> ClientRequest {
        var headers = HTTPHeaders()
        for field in request.headers { headers.add(name: field.name.rawName, value: field.value) }
        if let authority = request.head.authority { headers.add(name: "Host", value: authority) }
        let pieces = BodyPieces(request.body)
        return ClientRequest(
            method: request.method.rawValue,
            path: request.uri.path,
            headers: headers,
            credential: credential(request.headers),
            body: ClientBody(length: length(request.headers)) { try await pieces.next() }
        )
    }

    private static func credential(_ headers: HTTPFields) -> ClientRequest.Credential {
        do throws(BearerTokenError) { return .token(try BearerToken(headers).value) } catch {
            return error.isAbsent ? .absent : .malformed(error.message)
        }
    }

    /// A request without a length and without chunks has no body.
    private static func length(_ headers: HTTPFields) -> Int? {
        if let length = headers[.contentLength] { return Int(length) }
        return headers[.transferEncoding] == nil ? 0 : nil
    }
}

/// A request's body, one piece after another.
private actor BodyPieces {
    private var iterator: RequestBody.AsyncIterator?

    init(_ body: RequestBody) { iterator = body.makeAsyncIterator() }

    func next() async throws -> [UInt8]? {
        guard var iterator = iterator.take() else { return nil }
        guard let buffer = try await iterator.next(isolation: self) else { return nil }
        self.iterator = iterator
        return Array(buffer.readableBytesView)
    }
}
