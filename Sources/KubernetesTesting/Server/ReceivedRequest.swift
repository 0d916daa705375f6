// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport

/// A request as the test server received it.
package struct ReceivedRequest: Sendable {
    /// `GET` and so on.
    package var method: String
    /// The path without the query, still percent-encoded.
    package var path: String
    /// The query's names and values, decoded, in order.
    package var query: [(name: String, value: String)]
    /// The header fields as sent.
    package var headers: HTTPHeaders
    /// The whole body.
    package var body: [UInt8]
    /// Which connection it came on, counted from 0: two requests on one connection have the same number.
    package var connection: Int

    /// The first value of a query parameter.
    package subscript(parameter name: String) -> String? { query.first { $0.name == name }?.value }

    /// Whether this is a WATCH.
    package var isWatch: Bool { self[parameter: "watch"] == "true" }

    /// The request in one line for comparisons: `LIST limit=500`, `WATCH resourceVersion=7`, `GET`, `PATCH`.
    ///
    /// Parameters that are random or the same everywhere (`timeoutSeconds`, `allowWatchBookmarks`, `watch`) are left out.
    package var summary: String {
        let verb = isWatch ? "WATCH" : (method == "GET" && !isSingleObject ? "LIST" : method)
        let silent: Set<String> = ["timeoutSeconds", "allowWatchBookmarks", "watch"]
        let parameters = query.filter { !silent.contains($0.name) }.map { "\($0.name)=\($0.value)" }.sorted()
        return ([verb] + parameters).joined(separator: " ")
    }

    private var isSingleObject: Bool {
        let parts = path.split(separator: "/")
        // /api/v1/<plural>, /api/v1/namespaces/<ns>/<plural>, /apis/<group>/<version>/…: one more part names an object.
        let resource = parts.first == "api" ? parts.dropFirst(2) : parts.dropFirst(3)
        return resource.first == "namespaces" ? resource.count > 3 : resource.count > 1
    }
}
