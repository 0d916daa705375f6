// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore

/// The connections that are open, by their channels.
final class ClientConnections: Sendable {
    private let open = NIOLockedValueBox<[ObjectIdentifier: ClientConnection]>([:])

    /// The connection of a channel; one that is gone already for a channel that is.
    func connection(of channel: any Channel) -> ClientConnection {
        if let known = open.withLockedValue({ $0[ObjectIdentifier(channel)] }) { return known }
        let gone = ClientConnection()
        gone.leave()
        return gone
    }

    /// A handler that keeps a channel's connection here for as long as the channel is open.
    func makeWatch() -> ConnectionWatch { ConnectionWatch(self) }

    fileprivate func add(_ connection: ClientConnection, of channel: any Channel) {
        open.withLockedValue { $0[ObjectIdentifier(channel)] = connection }
    }

    fileprivate func remove(_ channel: any Channel) {
        open.withLockedValue { _ = $0.removeValue(forKey: ObjectIdentifier(channel)) }
    }
}

/// Notices when a client leaves, even while nothing is read from it or written to it.
final class ConnectionWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let connections: ClientConnections
    private let connection = ClientConnection()

    init(_ connections: ClientConnections) { self.connections = connections }

    func handlerAdded(context: ChannelHandlerContext) { connections.add(connection, of: context.channel) }

    func handlerRemoved(context: ChannelHandlerContext) { end(context) }

    func channelInactive(context: ChannelHandlerContext) {
        end(context)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that sends no more is one that left: no client of HTTP closes one half and waits.
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { connection.leave() }
        context.fireUserInboundEventTriggered(event)
    }

    private func end(_ context: ChannelHandlerContext) {
        connections.remove(context.channel)
        connection.leave()
    }
}
