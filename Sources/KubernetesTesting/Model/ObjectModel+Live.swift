// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
import NIOConcurrencyHelpers

extension ObjectModel {
    /// What a server that holds these objects does to any request, with watches that go on.
    ///
    /// Besides LIST: GET of one object, POST, which refuses a name that is taken, and PUT, which refuses a version that is
    /// not the present one. A watch sends changes as they happen; `fieldSelector=metadata.name=…` limits it.
    package func answerLive(_ request: ReceivedRequest) -> [ServerStep] {
        if request.isWatch { return [.head(), .produced(liveChanges(request))] }
        guard let target = Target(request.path) else { return answer(request) }
        switch request.method {
        case "POST": return create(request, target)
        case "PUT": return replace(request, target)
        case "GET" where target.name != nil: return read(target)
        default: return answer(request)
        }
    }

    /// The object with that name, as it is now.
    package subscript(_ namespace: String, _ name: String) -> JSONValue? {
        state.withLockedValue { $0.objects["\(namespace)/\(name)"].map { .object($0) } }
    }

    /// A namespace and perhaps a name, as a path says.
    private struct Target {
        var namespace: String
        var name: String?

        init?(_ path: String) {
            let parts = path.split(separator: "/").map(String.init)
            guard let start = parts.firstIndex(of: "namespaces"), parts.count > start + 2 else { return nil }
            namespace = parts[start + 1]
            name = parts.count > start + 3 ? parts[start + 3] : nil
        }
    }

    private static func refusal(_ code: Int, _ reason: String, _ message: String) -> [ServerStep] {
        let status = WatchLine.status(Int64(code), reason: reason, message: message)
        return [.response(status: code, body: status.serializedText())]
    }

    private static func success(_ object: JSONObject, status: Int = 200) -> [ServerStep] {
        [.response(status: status, body: JSONValue.object(object).serializedText())]
    }

    private func read(_ target: Target) -> [ServerStep] {
        guard let object = self[target.namespace, target.name ?? ""]?.objectValue else {
            return Self.refusal(404, "NotFound", "not found")
        }
        return Self.success(object)
    }

    private func create(_ request: ReceivedRequest, _ target: Target) -> [ServerStep] {
        guard let body = Self.object(request), let name = body["metadata"]?["name"]?.stringValue else {
            return Self.refusal(400, "BadRequest", "the body is not an object with a name")
        }
        return state.withLockedValue { state in
            guard state.objects["\(target.namespace)/\(name)"] == nil else {
                return Self.refusal(409, "AlreadyExists", "\(name) already exists")
            }
            return Self.success(put(&state, target.namespace, name, body), status: 201)
        }
    }

    private func replace(_ request: ReceivedRequest, _ target: Target) -> [ServerStep] {
        guard let name = target.name, let body = Self.object(request) else {
            return Self.refusal(400, "BadRequest", "the body is not an object")
        }
        return state.withLockedValue { state in
            guard let present = state.objects["\(target.namespace)/\(name)"]?["metadata"]?["resourceVersion"] else {
                return Self.refusal(404, "NotFound", "not found")
            }
            guard body["metadata"]?["resourceVersion"] == present else {
                return Self.refusal(409, "Conflict", "the object has been modified")
            }
            return Self.success(put(&state, target.namespace, name, body))
        }
    }

    private static func object(_ request: ReceivedRequest) -> JSONObject? {
        do throws(JSONSyntaxError) {
            return try JSONValue(parsing: request.body).objectValue
        } catch {
            return nil
        }
    }

    private func liveChanges(_ request: ReceivedRequest) -> @Sendable (Int) async -> ServerStep? {
        let selected = request[parameter: "fieldSelector"].map { $0.replacing("metadata.name=", with: "") }
        let cursor = NIOLockedValueBox(request[parameter: "resourceVersion"].flatMap { Int($0) } ?? 0)
        return { [self] _ in
            while !Task.isCancelled {
                let since = cursor.withLockedValue { $0 }
                let (changes, gate) = state.withLockedValue { state in
                    (state.history.filter { $0.version > since }, state.nextChange)
                }
                cursor.withLockedValue { $0 = changes.last?.version ?? since }
                let lines = changes.filter {
                    selected == nil || $0.object["metadata"]?["name"]?.stringValue == selected
                }
                .map { WatchLine.event($0.type, .object($0.object)) }
                if !lines.isEmpty { return .chunk(lines.joined()) }
                if changes.isEmpty { await gate.pass() }
            }
            return nil
        }
    }
}
