// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import JSON
import KubernetesAPI
import NIOConcurrencyHelpers

/// An API server in memory that minds versions: reads, applies and merge patches of single objects.
final class VersionedObjects: HTTPClient, HTTPClientFactory {
    private struct State {
        var version = 100
        var objects: [String: JSONObject] = [:]
        var requests: [String] = []
        var refusals: [String: Int] = [:]
        var beforePatch: (@Sendable () async throws -> Void)?
    }
    private let state = NIOLockedValueBox(State())

    func makeClient(_ configuration: HTTPClientConfiguration) throws -> any HTTPClient { self }

    /// `GET secrets/sallyport-operator-tls` and the like; `APPLY` and `MERGE` are both patches.
    var requests: [String] { state.withLockedValue { $0.requests } }

    func count(_ prefix: String) -> Int { requests.count { $0.hasPrefix(prefix) } }

    /// Answers requests that begin so with this status, until it is `nil`.
    func refuse(_ prefix: String, with status: Int?) { state.withLockedValue { $0.refusals[prefix] = status } }

    /// Runs once before the next merge patch is looked at, as another writer would.
    func beforeNextPatch(_ action: @escaping @Sendable () async throws -> Void) {
        state.withLockedValue { $0.beforePatch = action }
    }

    /// An object by `plural/name`.
    subscript(path: String) -> JSONObject? {
        get { state.withLockedValue { $0.objects[path] } }
        set { state.withLockedValue { $0.objects[path] = newValue } }
    }

    /// A decoded value of a Secret, or of a ConfigMap as it is.
    func text(_ path: String, _ key: String) -> String? {
        guard let text = self[path]?["data"]?[key]?.stringValue else { return nil }
        guard path.hasPrefix("secrets/") else { return text }
        return Base64.decode(text).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Changes a value of a Secret, as somebody with kubectl would.
    func edit(_ path: String, _ key: String, _ text: String?) {
        change(path) { object in
            var data = object["data"]?.objectValue ?? JSONObject()
            data[key] = text.map { .string(Base64.encode(Array($0.utf8))) }
            object["data"] = .object(data)
        }
    }

    func send(_ request: OutgoingRequest) async throws -> IncomingResponse {
        let path = request.url.prefix { $0 != "?" }.split(separator: "/").suffix(2).joined(separator: "/")
        let isApply = request.headers["Content-Type"]?.contains("apply") == true
        let verb = request.method == .patch ? (isApply ? "APPLY" : "MERGE") : request.method.rawValue
        let refusal = state.withLockedValue { state in
            state.requests.append("\(verb) \(path)")
            return state.refusals.first { "\(verb) \(path)".hasPrefix($0.key) }?.value
        }
        if let refusal { return Self.failure(refusal) }
        switch verb {
        case "GET": return self[path].map { Self.answer(200, .object($0)) } ?? Self.failure(404)
        case "APPLY": return try apply(path, request)
        case "MERGE":
            let action = state.withLockedValue { state in
                defer { state.beforePatch = nil }
                return state.beforePatch
            }
            try await action?()
            return try merge(path, request)
        default: return Self.failure(405)
        }
    }

    private func apply(_ path: String, _ request: OutgoingRequest) throws -> IncomingResponse {
        let body = try Self.body(request)
        change(path) { object in object = JSONValue.object(object).merged(with: body).objectValue ?? object }
        return Self.answer(200, .object(self[path] ?? JSONObject()))
    }

    private func merge(_ path: String, _ request: OutgoingRequest) throws -> IncomingResponse {
        let patch = try Self.body(request)
        guard let object = self[path] else { return Self.failure(404) }
        guard patch["metadata"]?["resourceVersion"] == object["metadata"]?["resourceVersion"] else {
            return Self.failure(409)
        }
        return try apply(path, request)
    }

    private func change(_ path: String, _ body: (inout JSONObject) -> Void) {
        state.withLockedValue { state in
            state.version += 1
            var object = state.objects[path] ?? JSONObject()
            body(&object)
            var metadata = object["metadata"]?.objectValue ?? JSONObject()
            metadata["resourceVersion"] = .string("\(state.version)")
            object["metadata"] = .object(metadata)
            state.objects[path] = object
        }
    }

    private static func body(_ request: OutgoingRequest) throws -> JSONValue {
        guard case .bytes(let bytes) = request.body else { return .null }
        return try JSONValue(parsing: bytes)
    }

    private static func answer(_ status: Int, _ body: JSONValue) -> IncomingResponse {
        IncomingResponse(
            status: status,
            headers: ["Content-Type": "application/json"],
            body: ResponseBody(bytes: body.serialized(.compact))
        )
    }

    private static func failure(_ status: Int) -> IncomingResponse {
        let reason = [403: "Forbidden", 404: "NotFound", 409: "Conflict"][status] ?? "InternalError"
        return answer(
            status,
            [
                "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": .string(reason),
                "code": .integer(Int64(status)), "message": .string("refused by the test"),
            ]
        )
    }
}

extension JSONValue {
    /// What a merge patch makes of this value.
    fileprivate func merged(with patch: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var members = objectValue ?? JSONObject()
        for (key, change) in changes {
            let value: JSONValue? = change == .null ? Optional.none : (members[key] ?? .null).merged(with: change)
            members[key] = value
        }
        return .object(members)
    }
}
