// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// The bounds under which requests are passed on; tests make them small.
package struct RelayLimits: Hashable, Sendable {
    /// The largest request body, in bytes.
    package var requestBody: Int
    /// The largest request body that is kept until the upstream answers, so that it can be sent a second time.
    package var heldBody: Int
    /// The largest message of an upstream, in bytes: a JSON body, or one event of a stream.
    package var responseMessage: Int
    /// How long an upstream may be silent in the middle of an answer.
    package var idle: Duration
    /// Event streams at once.
    package var streams: Int

    package init(
        requestBody: Int = 4 << 20,
        heldBody: Int = 256 << 10,
        responseMessage: Int = 64 << 20,
        idle: Duration = .seconds(900),
        streams: Int = 8_000
    ) {
        self.requestBody = requestBody
        self.heldBody = heldBody
        self.responseMessage = responseMessage
        self.idle = idle
        self.streams = streams
    }
}
