// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON

/// Where a gateway gets its routes, and where it reports.
struct RoutesConfiguration: Sendable, Hashable {
    var url: HTTPURL?
    /// Empty: they follow from the URL.
    var replicas: [HTTPURL] = []
    var tokenFile: String?
    /// `nil`: the system's authorities.
    var caFile: String?
}

extension RoutesConfiguration: JSONDecodable {
    init(json: JSONValue) throws(JSONDecodingError) {
        self.init(
            url: try json.optional("url"),
            replicas: try json.optional("replicas") ?? [],
            tokenFile: try json.optional("tokenFile"),
            caFile: try json.optional("caFile")
        )
    }
}

extension HTTPURL: JSONDecodable {
    init(json: JSONValue) throws(JSONDecodingError) {
        let text = try String(json: json)
        do throws(HTTPTransportError) { self = try HTTPURL(text) } catch { throw JSONDecodingError(error.message) }
    }
}
