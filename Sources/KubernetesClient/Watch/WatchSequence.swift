// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
package import KubernetesAPI

/// The events of one watch, decoded as they arrive.
///
/// Pulled: nothing is read ahead of the consumer, so a slow one slows the server through TCP. Ends without error when
/// the server ends the watch, also in the middle of a line; the events before are good, and a new watch may start after
/// the last of them. A line that makes no sense is ``WatchEvent/unknown(_:)``, and the stream goes on. It has one
/// reader, and dropping it ends the transfer.
///
/// Iterating throws ``APIError`` (``APIError/Code/responseTooLarge`` for a line over the limit,
/// ``APIError/Code/transport`` for a broken connection), or `CancellationError`.
package struct WatchSequence<Resource: KubernetesResource>: AsyncSequence, Sendable {
    package typealias Element = WatchEvent<Resource>

    /// The longest line accepted, in bytes: as in client-go, and ten times what etcd stores.
    package static var defaultMaximumEventSize: Int { 16 << 20 }

    private let lines: LineSequence
    private let request: APIRequest

    /// - Parameters:
    ///   - body: A response body with one event a line.
    ///   - maximumEventSize: The longest line accepted, in bytes.
    package init(body: ResponseBody, maximumEventSize: Int = WatchSequence.defaultMaximumEventSize) {
        self.init(body: body, maximumEventSize: maximumEventSize, request: .anyWatch(Resource.resourceType))
    }

    /// Reads the answer to a request, which its errors name.
    init(body: ResponseBody, maximumEventSize: Int = WatchSequence.defaultMaximumEventSize, request: APIRequest) {
        lines = LineSequence(body, maximumLineLength: maximumEventSize)
        self.request = request
    }

    package func makeAsyncIterator() -> Iterator { Iterator(lines: lines.makeAsyncIterator(), request: request) }

    package struct Iterator: AsyncIteratorProtocol {
        var lines: LineSequence.Iterator
        let request: APIRequest

        package mutating func next() async throws -> WatchEvent<Resource>? {
            try await next(isolation: #isolation)
        }

        package mutating func next(isolation actor: isolated (any Actor)?) async throws -> WatchEvent<Resource>? {
            do {
                while let line = try await lines.next(isolation: actor) {
                    if line.bytes.isEmpty { continue }
                    let event = WatchEvent<Resource>(line: line.bytes)
                    // A server that goes away in the middle of an event has not sent it.
                    if case .unknown = event, !line.isTerminated { return nil }
                    return event
                }
                return nil
            } catch let error as HTTPTransportError {
                throw APIError(request: request, transport: error)
            }
        }
    }
}
