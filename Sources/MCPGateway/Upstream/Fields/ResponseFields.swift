// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// Which of an upstream's header fields go to its client.
///
/// Upstreams answer on the gateway's own origin, so what they say about cookies, other places, credentials and browsers is
/// dropped.
enum ResponseFields {
    private static let passing: Set<String> = ["cache-control", "retry-after"]
    /// A field longer than this is dropped.
    private static let longest = 4_096

    /// The fields of the answer to the client.
    ///
    /// - Parameters:
    ///   - upstream: What the upstream sent.
    ///   - contentType: What the body is; `nil` without a body.
    ///   - sessionID: The sealed one.
    /// - Returns: What passes, and what is ours.
    static func client(_ upstream: HTTPHeaders, contentType: String?, sessionID: String?) -> HTTPHeaders {
        var fields = HTTPHeaders()
        if let contentType { fields.add(name: "Content-Type", value: contentType) }
        for field in upstream where passes(field) { fields.add(name: field.name, value: field.value) }
        if let sessionID { fields.add(name: RequestFields.sessionID, value: sessionID) }
        return fields
    }

    /// On every answer of the gateway: nothing of it is a page.
    static func protect(_ fields: inout HTTPHeaders) {
        fields.add(name: "X-Content-Type-Options", value: "nosniff")
        fields.add(name: "Content-Security-Policy", value: "sandbox")
    }

    private static func passes(_ field: HTTPHeaders.Field) -> Bool {
        let name = field.name.lowercased()
        guard passing.contains(name) || (name.hasPrefix("mcp-") && name != RequestFields.sessionID.lowercased()) else {
            return false
        }
        return field.value.utf8.count <= longest && field.value.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}
