// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import HTTPTypes
import Hummingbird
import MCPGateway
import NIOCore

/// Writes answers over the wire.
struct AnswerWriter: Sendable {
    /// Roughly how much is written before it is known whether the client takes more.
    private static let pieceSize = 64 << 10

    let connection: ClientConnection
    let channel: any Channel

    /// The response to an answer; a short one is read first, so that it goes out in one piece.
    func response(_ answer: ClientAnswer) async -> Response {
        var headers = HTTPFields()
        for field in answer.headers {
            if let name = HTTPField.Name(field.name) { headers.append(HTTPField(name: name, value: field.value)) }
        }
        let body: Hummingbird.ResponseBody
        switch answer.body {
        case .none: body = Hummingbird.ResponseBody()
        case .bytes(let bytes): body = Hummingbird.ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        case .relayed(let relayed) where relayed.length.map { $0 <= Self.pieceSize } ?? false:
            body = await whole(relayed)
        case .relayed(let relayed):
            body = Hummingbird.ResponseBody(contentLength: relayed.length) { writer in
                try await write(relayed, to: &writer)
            }
        }
        return Response(status: HTTPResponse.Status(code: answer.status), headers: headers, body: body)
    }

    private func whole(_ relayed: RelayedBody) async -> Hummingbird.ResponseBody {
        var buffer = ByteBuffer()
        do {
            while let piece = try await relayed.next() { buffer.writeBytes(piece) }
            return Hummingbird.ResponseBody(byteBuffer: buffer)
        } catch {
            // Cut after its head, like a longer one: what came of it is of no use to anybody.
            return Hummingbird.ResponseBody(contentLength: relayed.length) { _ in throw error }
        }
    }

    @concurrent
    private func write(_ relayed: RelayedBody, to writer: inout any ResponseBodyWriter) async throws {
        connection.onLeaving { relayed.stop(.clientLeft) }
        defer { connection.onLeaving(nil) }
        guard relayed.isStream else { return try await pump(relayed, to: &writer) }
        // Such a stream might go on for hours; its client opens it anew elsewhere.
        if relayed.endsAtShutdown { connection.onShutdown { relayed.stop(.shutdown) } }
        defer { connection.onShutdown(nil) }
        // Cancelled and waited for when the stream is over.
        async let _: Void = relayed.supervise()
        try await pump(relayed, to: &writer)
    }

    @concurrent
    private func pump(_ relayed: RelayedBody, to writer: inout any ResponseBodyWriter) async throws {
        // Does nothing for what has come to its end.
        defer { relayed.stop(.clientLeft) }
        var unconfirmed = 0
        while let piece = try await relayed.next() {
            try await writer.write(ByteBuffer(bytes: piece))
            unconfirmed += piece.count
            guard unconfirmed >= Self.pieceSize else { continue }
            // A write returns before the event loop has seen it. Once the loop has passed by, the next write knows whether
            // the connection takes more; without this a fast upstream piles up pieces in the loop's queue.
            try await channel.eventLoop.submit {}.get()
            unconfirmed = 0
        }
        try await writer.finish(nil)
    }
}
