// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
package import JSON

/// A request of an MCP client.
package struct ClientRequest: Sendable {
    /// In upper case.
    package var method: String
    /// As it was sent, without the query.
    package var path: String
    /// All fields, with the one of the host.
    package var headers: HTTPHeaders
    /// The caller's token, or why there is none.
    package var credential: Credential
    /// What it carries.
    package var body: ClientBody

    /// What the caller authenticates with.
    package enum Credential: Sendable {
        case token(Redacted<String>)
        case absent
        /// There is something, and it is no bearer token; a full sentence.
        case malformed(String)
    }

    package init(
        method: String,
        path: String,
        headers: HTTPHeaders,
        credential: Credential,
        body: ClientBody = .none
    ) {
        self.method = method
        self.path = path
        self.headers = headers
        self.credential = credential
        self.body = body
    }
}

/// A request's body, pulled piece by piece.
package struct ClientBody: Sendable {
    /// As announced; `nil` if it was not.
    package let length: Int?
    /// The next piece, `nil` at the end; never called twice at once.
    package let next: @Sendable () async throws -> [UInt8]?

    /// - Parameters:
    ///   - length: As announced; `nil` if it was not.
    ///   - next: The next piece, `nil` at the end.
    package init(length: Int?, next: @escaping @Sendable () async throws -> [UInt8]?) {
        self.length = length
        self.next = next
    }

    /// No body.
    package static let none = ClientBody(length: 0) { nil }

    /// Reads all of it.
    ///
    /// - Parameter limit: The most bytes to hold.
    /// - Returns: `nil` if there are more.
    /// - Throws: What the connection throws.
    func collect(upTo limit: Int) async throws -> [UInt8]? {
        var bytes: [UInt8] = []
        while let piece = try await next() {
            guard bytes.count + piece.count <= limit else { return nil }
            if bytes.isEmpty { bytes = piece } else { bytes += piece }
        }
        return bytes
    }
}

/// What an MCP client gets.
package struct ClientAnswer: Sendable {
    /// What comes after the head.
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        case relayed(RelayedBody)
    }

    /// An HTTP status code.
    package var status: Int
    /// All fields but those of framing.
    package var headers: HTTPHeaders
    /// What comes after the head.
    package var body: Body

    /// Whether the body is an upstream's.
    package var isRelayed: Bool {
        if case .relayed = body { true } else { false }
    }

    package init(status: Int, headers: HTTPHeaders = [:], body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
