// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesAPI

/// An object with one required field, for tests.
struct Widget: KubernetesResource, Hashable {
    static var resourceType: ResourceType {
        ResourceType(group: "example.com", version: "v1", kind: "Widget", plural: "widgets")
    }

    var metadata: ObjectMeta
    var size: Int

    init(json: JSONValue) throws(JSONDecodingError) {
        metadata = try json.required("metadata")
        size = try json.required("size")
    }

    /// The JSON text of a widget.
    static func text(_ name: String, size: String = "1", version: String = "5") -> String {
        #"{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"namespace":"a","name":"\#(name)","resourceVersion":"\#(version)"},"size":\#(size)}"#
    }
}

extension IncomingResponse {
    /// A JSON answer.
    static func json(_ text: String, status: Int = 200, headers: HTTPHeaders = [:]) -> IncomingResponse {
        var headers = headers
        headers["Content-Type"] = "application/json"
        return IncomingResponse(status: status, headers: headers, body: ResponseBody(bytes: Array(text.utf8)))
    }

    /// A failure as the API server reports it.
    static func failure(_ code: Int, _ reason: String, headers: HTTPHeaders = [:]) -> IncomingResponse {
        json(
            #"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"\#(reason)","code":\#(code)}"#,
            status: code,
            headers: headers
        )
    }
}
