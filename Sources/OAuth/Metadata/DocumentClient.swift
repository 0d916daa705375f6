// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
import JSON

/// Fetches small JSON documents whose content is trusted: metadata and keys.
///
/// No redirect is followed: a document is what its own URL serves.
package struct DocumentClient: Sendable {
    /// Largest accepted document, in bytes.
    package static let sizeLimit = 1 << 20
    /// For each request as a whole.
    package static let standardDeadlines = Deadlines(connect: .seconds(5), head: .seconds(8), total: .seconds(10))

    private let client: any HTTPClient
    private let allowsLoopbackHTTP: Bool
    private let deadlines: Deadlines

    /// - Parameters:
    ///   - client: Obeys the rules for the URLs that will be asked.
    ///   - allowsLoopbackHTTP: Whether `http` is good enough for a loopback host.
    ///   - deadlines: How long a request may take.
    package init(
        client: any HTTPClient,
        allowsLoopbackHTTP: Bool = false,
        deadlines: Deadlines = DocumentClient.standardDeadlines
    ) {
        self.client = client
        self.allowsLoopbackHTTP = allowsLoopbackHTTP
        self.deadlines = deadlines
    }

    /// Whether a URL may be asked.
    func mayAsk(_ url: String) -> Bool { SecureURL.isAcceptable(url, allowsLoopbackHTTP: allowsLoopbackHTTP) }

    /// What a URL serves.
    enum Answer {
        case document([UInt8])
        /// There is nothing there: another URL may have it.
        case absent(status: Int)
        /// A phrase that says what is wrong, and whether it may pass.
        case unusable(String, isTransient: Bool)
    }

    /// - Throws: `CancellationError` only.
    func get(_ url: String) async throws -> Answer {
        guard mayAsk(url) else { return .unusable("'\(url.prefix(300))' is not an https URL", isTransient: false) }
        let response: IncomingResponse
        let body: [UInt8]
        do {
            response = try await client.send(
                OutgoingRequest(
                    .get,
                    url,
                    headers: ["Accept": "application/json"],
                    deadlines: deadlines,
                    maximumResponseBody: Self.sizeLimit,
                    mayBeResent: true
                )
            )
            body = response.status == 200 ? try await response.body.collect(upTo: Self.sizeLimit) : []
        } catch let error as HTTPTransportError {
            // Its code and not its message, which may differ from one attempt to the next.
            return .unusable(
                "'\(url)' gave no answer (\(error.code.rawValue))",
                isTransient: error.code != .bodyTooLarge
            )
        }
        switch response.status {
        case 200 where JSONContent.isDeclared(response.headers): return .document(body)
        case 200: return .unusable("'\(url)' serves something else than JSON", isTransient: false)
        case 429, 500...: return .unusable("'\(url)' answered with status \(response.status)", isTransient: true)
        case 400...499: return .absent(status: response.status)
        default: return .unusable("'\(url)' answered with status \(response.status)", isTransient: false)
        }
    }
}
