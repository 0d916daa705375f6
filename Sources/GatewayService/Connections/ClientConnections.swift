// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore

/// The connections that are open, by their channels.
final class ClientConnections: Sendable {
    private struct State {
        var open: [ObjectIdentifier: ClientConnection] = [:]
        var isShuttingDown = false
    }
    private let state = NIOLockedValueBox(State())

    /// The connection of a channel; one that is gone already for a channel that is.
    func connection(of channel: any Channel) -> ClientConnection {
        if let known = state.withLockedValue({ $0.open[ObjectIdentifier(channel)] }) { return known }
        let gone = ClientConnection()
        gone.leave()
        return gone
    }

    /// A handler that keeps a channel's connection here for as long as the channel is open.
    func makeWatch() -> ConnectionWatch { ConnectionWatch(self) }

    /// Has every connection do what is to be done when the server stops.
    func shutDown() {
        let connections = state.withLockedValue { state in
            state.isShuttingDown = true
            return Array(state.open.values)
        }
        for connection in connections { connection.shutDown() }
    }

    fileprivate func add(_ connection: ClientConnection, of channel: any Channel) {
        let isShuttingDown = state.withLockedValue { state in
            state.open[ObjectIdentifier(channel)] = connection
            return state.isShuttingDown
        }
        if isShuttingDown { connection.shutDown() }
    }

    fileprivate func remove(_ channel: any Channel) {
        state.withLockedValue { _ = $0.open.removeValue(forKey: ObjectIdentifier(channel)) }
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
