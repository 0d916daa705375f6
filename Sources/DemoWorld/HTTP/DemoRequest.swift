// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTypes

/// A request whose body has arrived.
package struct DemoRequest: Sendable {
    /// In capitals.
    package var method: String
    /// Without the query.
    package var path: String
    /// What follows the question mark.
    package var query: String?
    /// As they were sent.
    package var headers: HTTPFields
    /// All of it, within the server's bound.
    package var body: [UInt8]

    package init(
        method: String,
        path: String,
        query: String? = nil,
        headers: HTTPFields = [:],
        body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The media type of the body in lower case, without its parameters.
    var mediaType: String {
        let text = headers[.contentType] ?? ""
        return text.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    }
}
