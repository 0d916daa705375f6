// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import RouteTable
import Timing

/// `GET /v1/routes`: the table as lines, and with `watch=true` every change after it.
struct StreamEndpoint: Sendable {
    private let broadcast: RouteBroadcast
    private let doorkeeper: Doorkeeper
    private let seats: ReaderSeats
    private let surroundings: RouteStream.Surroundings

    init(
        broadcast: RouteBroadcast,
        doorkeeper: Doorkeeper,
        seats: ReaderSeats,
        surroundings: RouteStream.Surroundings
    ) {
        self.broadcast = broadcast
        self.doorkeeper = doorkeeper
        self.seats = seats
        self.surroundings = surroundings
    }

    /// The head of the answer at once, and its body as long as the stream lives.
    func respond(to request: Request, _ context: RouteRequestContext) async throws -> Response {
        let isWatch = try Self.isWatch(request)
        let reader = try await doorkeeper.identify(request)
        guard let seat = seats.take() else {
            surroundings.metrics.refusedForLackOfRoom()
            throw RequestRefusal(
                .serviceUnavailable,
                "TooManyReaders",
                "There are as many readers as this server takes. Try another replica, or again later.",
                retryAfter: .seconds(10)
            )
        }
        var surroundings = surroundings
        surroundings.logger[metadataKey: "reader.name"] = "\(reader.name)"
        if let pod = reader.pod { surroundings.logger[metadataKey: "reader.pod"] = "\(pod)" }
        if let peer = context.channel.remoteAddress?.ipAddress {
            surroundings.logger[metadataKey: "network.peer.address"] = "\(peer)"
        }
        let stream = RouteStream(
            reader: broadcast.makeReader(),
            isWatch: isWatch,
            expiry: reader.lifetime.map { surroundings.time.now + $0 },
            channel: context.channel,
            seat: seat,
            surroundings: surroundings
        )
        return Response(
            status: .ok,
            headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store", .connection: "close"],
            body: ResponseBody { writer in try await stream.send(to: &writer, whileOpen: request.body) }
        )
    }

    private static func isWatch(_ request: Request) throws -> Bool {
        switch request.uri.queryParameters["watch"] {
        case nil, "false": return false
        case "true": return true
        default: throw RequestRefusal(.badRequest, "BadQuery", "The parameter 'watch' must be true or false.")
        }
    }
}
