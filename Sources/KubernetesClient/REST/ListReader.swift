// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesAPI

/// Reads a page of a list item by item, so that neither its text nor its JSON is ever whole in memory.
enum ListReader<Resource: KubernetesResource> {
    static func page(_ response: IncomingResponse, _ request: APIRequest) async throws -> ListPage<Resource> {
        var items: [DecodedObject<Resource>] = []
        var scanner = JSONListScanner(limits: JSONListLimits(value: .kubernetesObject))
        let members: JSONObject
        do {
            for try await chunk in response.body {
                try scanner.feed(chunk) { items.append(DecodedObject(json: $0)) }
            }
            members = try scanner.finish()
        } catch let error as JSONSyntaxError {
            throw APIError.unexpected(request, status: response.status, "the list is not JSON: \(error)")
        }
        let list = JSONValue.object(members)
        if let failure = FailedResponse.failure(in: list) {
            throw APIError(
                request: request,
                httpStatus: response.status,
                headers: response.headers,
                status: failure
            )
        }
        guard let kind = list["kind"]?.stringValue, kind.hasSuffix("List") else {
            let kind = list["kind"]?.stringValue ?? ""
            throw APIError.unexpected(request, status: response.status, "the answer is of kind '\(kind)', not a list")
        }
        let metadata = list["metadata"]
        let token = metadata?["continue"]?.stringValue ?? ""
        return ListPage(
            items: items,
            resourceVersion: ResourceVersion(metadata?["resourceVersion"]?.stringValue ?? ""),
            continueToken: token.isEmpty ? nil : token
        )
    }
}
