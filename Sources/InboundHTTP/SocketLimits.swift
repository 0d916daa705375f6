// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Glibc
package import NIOCore

/// Bounds what the system does for one connection: how much it buffers, and how long it hopes for an answer.
///
/// By default Linux keeps up to 4 MiB for a reader that does not read, and sends to one that has vanished for a quarter
/// of an hour.
package final class SocketLimits: ChannelInboundHandler, RemovableChannelHandler {
    /// Nothing that is read is looked at.
    package typealias InboundIn = NIOAny

    private let sendBuffer: Int
    private let patience: Duration

    /// - Parameters:
    ///   - sendBuffer: What the system may keep for a peer that does not read, in bytes; it takes twice as much.
    ///   - patience: How long what was sent may go without an acknowledgement.
    package init(sendBuffer: Int, patience: Duration) {
        self.sendBuffer = sendBuffer
        self.patience = patience
    }

    /// Sets the options, once for the connection.
    package func handlerAdded(context: ChannelHandlerContext) {
        // A connection that is already gone has no options; it ends by itself.
        _ = context.channel.setOption(ChannelOptions.socketOption(.so_sndbuf), value: .init(sendBuffer))
        _ = context.channel.setOption(
            ChannelOptions.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)),
            value: .init(patience.components.seconds * 1_000)
        )
    }
}
