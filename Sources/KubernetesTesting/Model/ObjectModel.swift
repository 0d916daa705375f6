// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
import NIOConcurrencyHelpers

/// The objects of one resource type with their history, behind LIST and WATCH as a real API server serves them.
///
/// Versions count up from 1 across all objects. ``compact()`` forgets the history, so that a watch from before it gets
/// 410 as after etcd's compaction.
package final class ObjectModel: Sendable {
    /// One change, in the order of versions.
    struct Change: Sendable {
        var version: Int
        var type: String
        var object: JSONObject
    }

    struct State {
        var version = 1
        var objects: [String: JSONObject] = [:]
        var history: [Change] = []
        var compactedAt = 0
        var nextUID = 1
        var watchCount = 0
        /// Opens with the next change.
        var nextChange = Gate()
    }

    let state = NIOLockedValueBox(State())
    let apiVersion: String
    let kind: String

    /// - Parameters:
    ///   - apiVersion: As in manifests, for example `mcp.giantswarm.io/v1alpha1`.
    ///   - kind: The kind of a single object.
    package init(apiVersion: String, kind: String) {
        self.apiVersion = apiVersion
        self.kind = kind
    }

    /// The version of the last change.
    package var version: Int { state.withLockedValue { $0.version } }

    /// How many watches were answered with what happened and a bookmark, that is, soundly.
    package var watchCount: Int { state.withLockedValue { $0.watchCount } }

    /// Creates or replaces an object; a created one gets a new uid.
    ///
    /// - Returns: The version of this change.
    @discardableResult
    package func put(_ namespace: String, _ name: String, _ fields: JSONObject = [:]) -> Int {
        state.withLockedValue { state in
            _ = put(&state, namespace, name, fields)
            return state.version
        }
    }

    /// The same under a lock that the caller holds.
    func put(_ state: inout State, _ namespace: String, _ name: String, _ fields: JSONObject) -> JSONObject {
        state.version += 1
        let key = "\(namespace)/\(name)"
        let old = state.objects[key]?["metadata"]
        var metadata: JSONObject = ["name": .string(name), "namespace": .string(namespace)]
        if let given = fields["metadata"]?.objectValue {
            for (key, value) in given { metadata[key] = value }
        }
        metadata["uid"] = old?["uid"] ?? .string("uid-\(state.nextUID)")
        if old == nil { state.nextUID += 1 }
        metadata["resourceVersion"] = .string("\(state.version)")
        var object: JSONObject = ["apiVersion": .string(apiVersion), "kind": .string(kind)]
        for (key, value) in fields { object[key] = value }
        object["metadata"] = .object(metadata)
        state.objects[key] = object
        record(&state, old == nil ? "ADDED" : "MODIFIED", object)
        return object
    }

    private func record(_ state: inout State, _ type: String, _ object: JSONObject) {
        state.history.append(Change(version: state.version, type: type, object: object))
        state.nextChange.open()
        state.nextChange = Gate()
    }

    /// Deletes an object that exists.
    package func delete(_ namespace: String, _ name: String) {
        state.withLockedValue { state in
            guard var object = state.objects.removeValue(forKey: "\(namespace)/\(name)") else { return }
            state.version += 1
            if var metadata = object["metadata"]?.objectValue {
                metadata["resourceVersion"] = .string("\(state.version)")
                object["metadata"] = .object(metadata)
            }
            record(&state, "DELETED", object)
        }
    }

    /// Forgets all changes so far.
    package func compact() {
        state.withLockedValue { state in
            state.history = []
            state.compactedAt = state.version
        }
    }

    /// Each object's version by `namespace/name`: what a store must equal in the end.
    package var versions: [String: String] {
        state.withLockedValue { state in
            state.objects.mapValues { $0["metadata"]?["resourceVersion"]?.stringValue ?? "" }
        }
    }

    /// What a server that holds these objects does to one LIST or WATCH.
    ///
    /// - Parameter request: `limit`, `continue`, `watch`, `resourceVersion` and `sendInitialEvents` are honoured. A watch
    ///   sends what happened since its version, or what there is, then a bookmark, and stays open.
    /// - Returns: What the server does, step by step.
    package func answer(_ request: ReceivedRequest) -> [ServerStep] {
        state.withLockedValue { state in
            request.isWatch ? watch(&state, request) : list(state, request)
        }
    }

    private func list(_ state: State, _ request: ReceivedRequest) -> [ServerStep] {
        let keys = state.objects.keys.sorted()
        let start = request[parameter: "continue"].flatMap { Int($0) } ?? 0
        let limit = request[parameter: "limit"].flatMap { Int($0) } ?? keys.count
        let end = min(keys.count, start + limit)
        let page = start < end ? keys[start..<end].compactMap { state.objects[$0] } : []
        var metadata: JSONObject = ["resourceVersion": .string("\(state.version)")]
        if end < keys.count { metadata["continue"] = .string("\(end)") }
        let body: JSONObject = [
            "apiVersion": .string(apiVersion),
            "kind": .string("\(kind)List"),
            "metadata": .object(metadata),
            // A real server leaves these two out of the items of a list.
            "items": .array(
                page.map { object in
                    var item = object
                    item["apiVersion"] = nil
                    item["kind"] = nil
                    return .object(item)
                }
            ),
        ]
        return [.response(status: 200, body: JSONValue.object(body).serializedText())]
    }

    private func watch(_ state: inout State, _ request: ReceivedRequest) -> [ServerStep] {
        if request[parameter: "sendInitialEvents"] == "true" { return everything(&state) }
        let since = request[parameter: "resourceVersion"].flatMap { Int($0) } ?? 0
        guard since >= state.compactedAt else { return [.head(), .chunk(WatchLine.expired()), .endOfChunks] }
        state.watchCount += 1
        var steps: [ServerStep] = [.head()]
        for change in state.history where change.version > since {
            steps.append(.chunk(WatchLine.event(change.type, .object(change.object))))
        }
        steps.append(.chunk(WatchLine.bookmark("\(state.version)", kind: kind, apiVersion: apiVersion)))
        return steps
    }

    /// In the order of names, as a real server sends them, and then the bookmark that says so.
    private func everything(_ state: inout State) -> [ServerStep] {
        state.watchCount += 1
        let objects = state.objects.sorted { $0.key < $1.key }.map(\.value)
        let lines = objects.map { WatchLine.event("ADDED", .object($0)) }
        return [
            .head(), .chunk(lines.joined()),
            .chunk(WatchLine.initialEventsEnd("\(state.version)", kind: kind, apiVersion: apiVersion)),
        ]
    }
}
