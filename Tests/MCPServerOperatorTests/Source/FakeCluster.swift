// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import HTTPTransport
import JSON
import KubernetesAPI
import NIOConcurrencyHelpers
import Timing
import YAML

/// An API server in memory, reached without a socket: lists, endless watches, reads, status patches and events.
final class FakeCluster: HTTPClient, HTTPClientFactory {
    private struct State {
        var version: Int64 = 1
        var objects: [String: [ObjectKey: JSONObject]] = [:]
        var watches: [String: [WatchBody]] = [:]
        var requests: [String] = []
        var faults: [String: Fault] = [:]
        var holds: [String: Latch] = [:]
    }
    private struct Fault {
        var status: Int
        var times: Int
    }
    private let state = NIOLockedValueBox(State())

    func makeClient(_ configuration: HTTPClientConfiguration) throws -> any HTTPClient { self }

    /// One line a request: `LIST secrets`, `GET secrets team-a/idp`, `PATCH mcpservers team-a/todo`.
    var requests: [String] { state.withLockedValue { $0.requests } }

    func count(_ prefix: String) -> Int { requests.count { $0.hasPrefix(prefix) } }

    /// Answers requests to a plural, or `WATCH plural` alone, with this status so many times; `nil` ends that.
    func fail(_ requests: String, with status: Int?, times: Int = .max) {
        state.withLockedValue { $0.faults[requests] = status.map { Fault(status: $0, times: times) } }
    }

    /// Has these requests (`PATCH mcpservers`) wait for the latch.
    func hold(_ requests: String, until latch: Latch) { state.withLockedValue { $0.holds[requests] = latch } }

    /// How many watches of a plural are open.
    func openWatches(_ plural: String) -> Int { state.withLockedValue { $0.watches[plural]?.count ?? 0 } }

    /// Ends the watches of a plural, after an error if one is given; nobody is told of what `meanwhile` does.
    func endWatches(
        _ plural: String,
        with status: Int? = nil,
        meanwhile: (FakeCluster) throws -> Void = { _ in }
    ) rethrows {
        let watches = state.withLockedValue { $0.watches.removeValue(forKey: plural) } ?? []
        try meanwhile(self)
        for watch in watches {
            if let status {
                let event: JSONValue = ["type": "ERROR", "object": Self.status(status)]
                watch.push(event.serialized(.compact) + [UInt8(ascii: "\n")])
            }
            watch.finish()
        }
    }

    /// Creates or replaces an object as kubectl would: a new generation for a new spec, the status kept.
    func apply(_ yaml: String) throws {
        for document in try YAMLDocuments.parse(yaml, file: "test.yaml") {
            guard let object = document.value.objectValue, let kind = object["kind"]?.stringValue else { continue }
            change(kind.lowercased() + "s", Self.key(object)) { old, version in
                var object = object
                var metadata = object["metadata"]?.objectValue ?? JSONObject()
                let before = old?["metadata"]?.objectValue
                let generation = before?["generation"]?.integerValue ?? 0
                metadata["uid"] = before?["uid"] ?? .string("uid-\(version)")
                metadata["generation"] = .integer(old?["spec"] == object["spec"] ? generation : generation + 1)
                object["metadata"] = .object(metadata)
                object["status"] = old?["status"]
                if let plain = object["stringData"]?.objectValue {
                    var data = JSONObject()
                    for (key, value) in plain {
                        data[key] = .string(Base64.encode(Array((value.stringValue ?? "").utf8)))
                    }
                    object["data"] = .object(data)
                }
                return object
            }
        }
    }

    func delete(_ plural: String, _ key: ObjectKey) { change(plural, key) { _, _ in nil } }

    /// The reason of a condition of `team-a/todo`, or another server.
    func reason(_ type: String, of key: ObjectKey = .todo) -> String? {
        condition(type, of: key)?["reason"]?.stringValue
    }

    /// The status of a condition of `team-a/todo`, or another server.
    func status(_ type: String, of key: ObjectKey = .todo) -> String? {
        condition(type, of: key)?["status"]?.stringValue
    }

    /// How many servers have each reason of a condition.
    func tally(_ type: String) -> [String: Int] {
        state.withLockedValue { state in
            let reasons = (state.objects["mcpservers"] ?? [:]).values.compactMap { object in
                object["status"]?["conditions"]?.arrayValue?.first { $0["type"] == .string(type) }?["reason"]?
                    .stringValue
            }
            return Dictionary(reasons.map { ($0, 1) }, uniquingKeysWith: +)
        }
    }

    private func condition(_ type: String, of key: ObjectKey) -> JSONValue? {
        let status = state.withLockedValue { $0.objects["mcpservers"]?[key]?["status"] }
        return status?["conditions"]?.arrayValue?.first { $0["type"] == .string(type) }
    }

    private func change(_ plural: String, _ key: ObjectKey, _ body: (JSONObject?, Int64) -> JSONObject?) {
        let (line, watches) = state.withLockedValue { state -> ([UInt8], [WatchBody]) in
            state.version += 1
            let old = state.objects[plural]?[key]
            var object = body(old, state.version)
            var shown = object ?? old ?? JSONObject()
            var metadata = shown["metadata"]?.objectValue ?? JSONObject()
            metadata["resourceVersion"] = .string("\(state.version)")
            shown["metadata"] = .object(metadata)
            if object != nil { object = shown }
            state.objects[plural, default: [:]][key] = object
            let type = object == nil ? "DELETED" : old == nil ? "ADDED" : "MODIFIED"
            let event: JSONValue = ["type": .string(type), "object": .object(shown)]
            return (event.serialized(.compact) + [UInt8(ascii: "\n")], state.watches[plural] ?? [])
        }
        for watch in watches { watch.push(line) }
    }

    private static func key(_ object: JSONObject) -> ObjectKey {
        ObjectKey(
            namespace: object["metadata"]?["namespace"]?.stringValue ?? "default",
            name: object["metadata"]?["name"]?.stringValue ?? ""
        )
    }

    // MARK: Answering

    func send(_ request: OutgoingRequest) async throws -> IncomingResponse {
        let target = Target(request.url)
        let isWatch = request.url.contains("watch=")
        let verb =
            request.method == .get
            ? (target.name == nil ? (isWatch ? "WATCH" : "LIST") : "GET") : request.method.rawValue
        let fault = state.withLockedValue { state in
            state.requests.append("\(verb) \(target)")
            return state.faults.first { name, fault in
                fault.times > 0 && (name == target.plural || name == "\(verb) \(target.plural)")
            }.map { name, fault in
                state.faults[name]?.times -= 1
                return fault.status
            }
        }
        if let latch = state.withLockedValue({ $0.holds["\(verb) \(target.plural)"] }) {
            await latch.wait()
            try Task.checkCancellation()
        }
        if let fault { return Self.failure(fault) }
        // As a server from before watch lists answers.
        if request.url.contains("sendInitialEvents") { return Self.failure(422) }
        switch verb {
        case "LIST": return list(target)
        case "WATCH": return watch(target)
        case "GET": return get(target)
        case "PATCH": return patch(target, request)
        case "POST": return post(target, request)
        default: return Self.failure(405)
        }
    }

    private func list(_ target: Target) -> IncomingResponse {
        let body: JSONValue = state.withLockedValue { state in
            let items = (state.objects[target.plural] ?? [:]).sorted { $0.key < $1.key }.map {
                JSONValue.object($0.value)
            }
            return [
                "kind": "List", "apiVersion": "v1", "metadata": ["resourceVersion": .string("\(state.version)")],
                "items": .array(items),
            ]
        }
        return Self.answer(200, body)
    }

    private func watch(_ target: Target) -> IncomingResponse {
        let body = WatchBody()
        state.withLockedValue { $0.watches[target.plural, default: []].append(body) }
        return IncomingResponse(status: 200, headers: ["Content-Type": "application/json"], body: ResponseBody(body))
    }

    private func get(_ target: Target) -> IncomingResponse {
        guard let object = state.withLockedValue({ $0.objects[target.plural]?[target.key] }) else {
            return Self.failure(404)
        }
        return Self.answer(200, .object(object))
    }

    private func patch(_ target: Target, _ request: OutgoingRequest) -> IncomingResponse {
        guard case .bytes(let bytes) = request.body, get(target).status == 200 else { return Self.failure(404) }
        do {
            let status = try JSONValue(parsing: bytes)["status"]
            change(target.plural, target.key) { old, _ in
                var object = old
                object?["status"] = status
                return object
            }
            return get(target)
        } catch {
            return Self.failure(400)
        }
    }

    private func post(_ target: Target, _ request: OutgoingRequest) -> IncomingResponse {
        guard case .bytes(let bytes) = request.body else { return Self.failure(400) }
        do {
            guard let object = try JSONValue(parsing: bytes).objectValue else { return Self.failure(400) }
            change(target.plural, Self.key(object)) { _, _ in object }
            return Self.answer(201, .object(object))
        } catch {
            return Self.failure(400)
        }
    }

    private static func answer(_ status: Int, _ body: JSONValue) -> IncomingResponse {
        IncomingResponse(
            status: status,
            headers: ["Content-Type": "application/json"],
            body: ResponseBody(bytes: body.serialized(.compact))
        )
    }

    private static func failure(_ code: Int) -> IncomingResponse { answer(code, status(code)) }

    private static func status(_ code: Int) -> JSONValue {
        let reason = [403: "Forbidden", 404: "NotFound", 410: "Expired"][code] ?? "InternalError"
        return [
            "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": .string(reason),
            "message": .string("scripted \(code)"), "code": .integer(Int64(code)),
        ]
    }

    /// What a path means.
    private struct Target: CustomStringConvertible {
        var plural: String
        var namespace: String?
        var name: String?

        var key: ObjectKey { ObjectKey(namespace: namespace ?? "", name: name ?? "") }
        var description: String { name == nil ? plural : "\(plural) \(key)" }

        init(_ url: String) {
            let path = url.prefix { $0 != "?" }.split(separator: "/").map(String.init)
            var rest = Array(path.drop { $0 != "api" && $0 != "apis" })
            rest.removeFirst(min(rest.count, rest.first == "api" ? 2 : 3))
            if rest.first == "namespaces", rest.count > 1 {
                namespace = rest[1]
                rest.removeFirst(2)
            }
            plural = rest.first ?? ""
            name = rest.count > 1 ? rest[1] : nil
        }
    }
}

/// A watch that stays open until it is ended: each line is pulled as it comes.
final class WatchBody: ResponseBodySource {
    func cancel() {}

    private struct State {
        var lines: [[UInt8]] = []
        var isFinished = false
        var reader: CheckedContinuation<Void, Never>?
    }
    private let state = NIOLockedValueBox(State())

    func push(_ line: [UInt8]) {
        state.withLockedValue { state in
            state.lines.append(line)
            defer { state.reader = nil }
            return state.reader
        }?.resume()
    }

    /// Ends the watch after the lines that are still to be read.
    func finish() {
        state.withLockedValue { state in
            state.isFinished = true
            defer { state.reader = nil }
            return state.reader
        }?.resume()
    }

    func next() async throws -> [UInt8]? {
        while true {
            try Task.checkCancellation()
            if let line = state.withLockedValue({ $0.lines.isEmpty ? nil : $0.lines.removeFirst() }) { return line }
            if state.withLockedValue({ $0.isFinished && $0.lines.isEmpty }) { return nil }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let resumesNow = state.withLockedValue { state in
                        guard state.lines.isEmpty, !state.isFinished, !Task.isCancelled else { return true }
                        state.reader = continuation
                        return false
                    }
                    if resumesNow { continuation.resume() }
                }
            } onCancel: {
                state.withLockedValue { state in
                    defer { state.reader = nil }
                    return state.reader
                }?.resume()
            }
        }
    }
}
