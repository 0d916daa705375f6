// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesAPI

/// Reads the one object in a response.
enum ObjectReader<Resource: KubernetesResource> {
    static func object(_ response: IncomingResponse, _ request: APIRequest) async throws -> Resource {
        let json = try await answer(response, request)
        let kind = json["kind"]?.stringValue
        guard kind == nil || kind == Resource.resourceType.kind || kind == "PartialObjectMetadata" else {
            throw APIError.unexpected(request, status: response.status, "the answer is of kind '\(kind ?? "")'")
        }
        do throws(JSONDecodingError) {
            return try Resource(json: json)
        } catch {
            throw APIError.unexpected(request, status: response.status, "the object cannot be read: \(error)")
        }
    }

    /// Reads an answer of any kind that is no failure.
    static func answer(_ response: IncomingResponse, _ request: APIRequest) async throws -> JSONValue {
        let body = try await response.body.collect(upTo: Attempt.maximumObject)
        let json: JSONValue
        do throws(JSONSyntaxError) {
            json = try JSONValue(parsing: body, limits: .kubernetesObject)
        } catch {
            throw APIError.unexpected(request, status: response.status, "the answer is not JSON: \(error)")
        }
        if let failure = FailedResponse.failure(in: json) {
            throw APIError(
                request: request,
                httpStatus: response.status,
                headers: response.headers,
                status: failure
            )
        }
        return json
    }
}
