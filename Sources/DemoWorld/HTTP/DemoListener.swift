// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import ServiceLifecycle

/// Turns what comes over one server's connections into values, and values into what goes back; faults that are about the
/// connection happen here.
struct DemoListener: Sendable {
    /// The longest body that is read.
    static let longestBody = 1 << 20
    /// Bounds on what callers send.
    static let jsonLimits = JSONLimits(maximumDepth: 64, maximumBytes: longestBody, maximumValues: 50_000)

    /// How long a request hangs: longer than anybody waits.
    private static let longestWait = Duration.seconds(86_400)

    /// A connection that a fault ends without an answer.
    private struct ConnectionEnded: Error {}

    let server: DemoServerName
    let time: DemoTime
    /// The enterprise; `nil` as long as not all of its servers listen.
    let enterprise: @Sendable () -> Enterprise?

    /// Answers a request, or closes its connection.
    func respond(to request: Request, _ context: DemoRequestContext) async throws -> Response {
        guard let enterprise = enterprise() else {
            return response(.problem(503, "This starts just now. Try again.", headers: [.retryAfter: "1"]))
        }
        do {
            if server == .administration {
                return response(Administration(enterprise).answer(try await read(request)))
            }
            return try await respond(to: request, context, enterprise)
        } catch is NIOTooManyBytesError {
            return response(.problem(413, "The body has more than \(Self.longestBody) bytes."))
        }
    }

    private func respond(
        to request: Request,
        _ context: DemoRequestContext,
        _ enterprise: Enterprise
    ) async throws -> Response {
        let endpoint = enterprise.endpoint(of: server, request.uri.path)
        let fault = enterprise.takeFault(endpoint)
        let received = try await read(request, fault: fault) { received in
            enterprise.count(received, at: endpoint, fault: fault)
        }
        if fault?.closing == .beforeProcessing || fault?.hangs == true { try await Self.close(context) }
        let answer = enterprise.answer(received, at: endpoint, fault: fault)
        if fault?.closing == .afterProcessing { try await Self.close(context) }
        enterprise.count(answer, at: endpoint)
        return response(answer, trickle: fault?.trickle)
    }

    /// A body that comes one byte at a time.
    private func trickle(_ bytes: [UInt8], _ pause: Duration) -> ResponseBody {
        ResponseBody(contentLength: bytes.count) { writer in
            for byte in bytes {
                // A server that is told to stop does not wait for the end of the body.
                try await cancelWhenGracefulShutdown { try await time.sleep(pause) }
                try await writer.write(ByteBuffer(bytes: [byte]))
            }
            try await writer.finish(nil)
        }
    }

    private static func close(_ context: DemoRequestContext) async throws {
        try await context.channel.close()
        throw ConnectionEnded()
    }

    /// Reads all of a request, and then waits as a fault wants it; a caller that goes away ends the wait.
    private func read(
        _ request: Request,
        fault: Fault? = nil,
        onRead: @Sendable (DemoRequest) -> Void = { _ in }
    ) async throws -> DemoRequest {
        guard let fault, fault.hangs || fault.delay > .zero else {
            let received = Self.received(request, try await request.body.collect(upTo: Self.longestBody))
            onRead(received)
            return received
        }
        return try await request.body.consumeWithCancellationOnInboundClose { body in
            let received = Self.received(request, try await body.collect(upTo: Self.longestBody))
            onRead(received)
            // A server that is told to stop does not wait for the end of a delay.
            try await cancelWhenGracefulShutdown {
                try await time.sleep(fault.hangs ? Self.longestWait : fault.delay)
            }
            return received
        }
    }

    private static func received(_ request: Request, _ body: ByteBuffer) -> DemoRequest {
        DemoRequest(
            method: request.method.rawValue,
            path: request.uri.path,
            query: request.uri.query,
            headers: request.headers,
            body: Array(body.readableBytesView)
        )
    }

    private func response(_ answer: DemoAnswer, trickle pause: Duration? = nil) -> Response {
        var headers = answer.headers
        let bytes: [UInt8]
        switch answer.body {
        case .none: bytes = []
        case .json(let json):
            bytes = json.serialized()
            headers[.contentType] = headers[.contentType] ?? "application/json"
        case .html(let text):
            bytes = Array(text.utf8)
            headers[.contentType] = headers[.contentType] ?? "text/html; charset=utf-8"
        }
        headers[.xContentTypeOptions] = "nosniff"
        let body =
            if bytes.isEmpty { ResponseBody() } else if let pause { trickle(bytes, pause) } else {
                ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
            }
        return Response(status: HTTPResponse.Status(code: answer.status), headers: headers, body: body)
    }
}

/// What a request brings besides itself: its connection.
struct DemoRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}
