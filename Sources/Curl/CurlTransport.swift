// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport

/// HTTP over libcurl: one event loop thread, and a connection pool of its own for each client.
///
/// The composition root makes one and hands it out as ``HTTPTransport/HTTPClientFactory``. It ends with ``shutdown()``,
/// or with the last reference to it and its clients.
package final class CurlTransport: HTTPClientFactory {
    private let loop: EventLoop

    /// Starts the event loop.
    ///
    /// - Throws: ``HTTPTransport/HTTPTransportError`` if the system gives no thread or descriptor for it.
    package init() throws(HTTPTransportError) {
        try CurlLibrary.initialize()
        loop = try EventLoop()
    }

    deinit { loop.post(.stop) }

    /// Makes a client with connections of its own; they are closed when it and the last body from it are gone.
    ///
    /// - Throws: ``HTTPTransport/HTTPTransportError`` for rules that no transfer can obey.
    package func makeClient(_ configuration: HTTPClientConfiguration) throws -> any HTTPClient {
        CurlClient(try ClientRules(configuration, transport: self, loop: loop))
    }

    /// Ends every transfer with ``HTTPTransport/HTTPTransportError/Code/shutDown`` and the thread with them.
    ///
    /// Returns once the thread has let go of all connections. Requests after it fail with the same code. Calling it
    /// twice is harmless.
    package func shutdown() async { await loop.stop() }
}
