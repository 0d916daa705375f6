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
    /// The request, whose body is read when somebody asks for it, and that body.
    static func read(_ request: Request) -> (ClientRequest, BodyPieces) {
        var headers = HTTPHeaders()
        for field in request.headers { headers.add(name: field.name.rawName, value: field.value) }
        if let authority = request.head.authority { headers.add(name: "Host", value: authority) }
        let length = length(request.headers)
        let pieces = BodyPieces(request.body, isEmpty: length == 0)
        let received = ClientRequest(
            method: request.method.rawValue,
            path: request.uri.path,
            headers: headers,
            credential: credential(request.headers),
            body: ClientBody(length: length) { try await pieces.next() }
        )
        return (received, pieces)
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
actor BodyPieces {
    /// Whether all of it was read.
    private(set) var isAtEnd: Bool
    private var iterator: RequestBody.AsyncIterator?

    init(_ body: RequestBody, isEmpty: Bool) {
        iterator = body.makeAsyncIterator()
        isAtEnd = isEmpty
    }

    func next() async throws -> [UInt8]? {
        guard var iterator = iterator.take() else { return nil }
        guard let buffer = try await iterator.next(isolation: self) else {
            isAtEnd = true
            return nil
        }
        self.iterator = iterator
        return Array(buffer.readableBytesView)
    }
}
