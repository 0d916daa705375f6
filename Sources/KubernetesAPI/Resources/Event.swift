// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// Something that happened to an object, as `events.k8s.io/v1` `Event`.
///
/// What the API server would refuse for its length is cut when the event is made.
package struct Event: KubernetesResource, Hashable, JSONEncodable {
    package static var resourceType: ResourceType {
        ResourceType(group: "events.k8s.io", version: "v1", kind: "Event", plural: "events")
    }

    /// Whether someone should look.
    package enum Kind: String, Hashable, Sendable {
        case normal = "Normal"
        case warning = "Warning"
    }

    /// How often an event with the same cause came again.
    package struct Series: Hashable, Sendable, JSONDecodable, JSONEncodable {
        /// How often the event happened so far, at least 2.
        package var count: Int
        /// When it happened last.
        package var lastObservedTime: MicroTime

        package init(count: Int, lastObservedTime: MicroTime) {
            self.count = count
            self.lastObservedTime = lastObservedTime
        }

        package init(json: JSONValue) throws(JSONDecodingError) {
            self.init(count: try json.required("count"), lastObservedTime: try json.required("lastObservedTime"))
        }

        package var json: JSONValue { ["count": count.json, "lastObservedTime": lastObservedTime.json] }
    }

    package var metadata: ObjectMeta
    /// When it first happened.
    package var time: MicroTime
    /// Whether anybody needs to look.
    package var kind: Kind
    /// Why, as one CamelCase word; at most 128 bytes.
    package private(set) var reason: String
    /// What was done or attempted, as one CamelCase word; at most 128 bytes.
    package private(set) var action: String
    /// What happened, for people; at most 1,024 bytes.
    package private(set) var note: String
    /// A qualified name, as `example.com/controller`.
    package private(set) var reportingController: String
    /// Which replica; at most 128 bytes.
    package private(set) var reportingInstance: String
    /// The object the event is about; the event lives in its namespace.
    package var regarding: ObjectReference
    /// `nil` for an event that happened once.
    package var series: Series?

    /// Makes an event in the namespace of the object it is about, or in `default` for a cluster-scoped one.
    ///
    /// Take `name` from ``name(for:at:using:)``.
    package init(
        name: String,
        time: MicroTime,
        kind: Kind,
        reason: String,
        action: String,
        note: String,
        reportingController: String,
        reportingInstance: String,
        regarding: ObjectReference,
        series: Series? = nil
    ) {
        let namespace = regarding.key.namespace
        metadata = ObjectMeta(name: name, namespace: namespace.isEmpty ? "default" : namespace)
        self.time = time
        self.kind = kind
        self.reason = reason.cut(to: 128)
        self.action = action.cut(to: 128)
        self.note = note.cut(to: 1_024)
        self.reportingController = reportingController
        self.reportingInstance = reportingInstance.cut(to: 128)
        self.regarding = regarding
        self.series = series
    }

    package init(json: JSONValue) throws(JSONDecodingError) {
        self.init(
            name: "",
            time: try json.optional("eventTime") ?? MicroTime(microsecondsSinceEpoch: 0),
            kind: Kind(rawValue: try json.optional("type") ?? "") ?? .normal,
            reason: try json.optional("reason") ?? "",
            action: try json.optional("action") ?? "",
            note: try json.optional("note") ?? "",
            reportingController: try json.optional("reportingController") ?? "",
            reportingInstance: try json.optional("reportingInstance") ?? "",
            regarding: try json.optional("regarding")
                ?? ObjectReference(apiVersion: "", kind: "", key: ObjectKey(namespace: "", name: "")),
            series: try json.optional("series")
        )
        metadata = try json.required("metadata")
    }

    package var json: JSONValue {
        var object: JSONObject = [
            "apiVersion": .string(Self.resourceType.apiVersion),
            "kind": .string(Self.resourceType.kind),
            "metadata": ["name": .string(metadata.name), "namespace": .string(metadata.namespace)],
            "eventTime": time.json,
            "type": .string(kind.rawValue),
            "reason": .string(reason),
            "action": .string(action),
            "reportingController": .string(reportingController),
            "reportingInstance": .string(reportingInstance),
            "regarding": regarding.json,
        ]
        if !note.isEmpty { object["note"] = .string(note) }
        if let series { object["series"] = series.json }
        return .object(object)
    }
}

extension Event {
    /// The name of an event: that of its object with the time in hexadecimal nanoseconds, which sorts and finds well.
    ///
    /// An object whose name leaves no room for that, or is none that an event may bear, gives a random name.
    package static func name(
        for object: ObjectReference,
        at time: MicroTime,
        using generator: inout some RandomNumberGenerator
    ) -> String {
        let (nanoseconds, overflow) = time.microsecondsSinceEpoch.multipliedReportingOverflow(by: 1_000)
        let name = "\(object.key.name).\(String(overflow ? 0 : nanoseconds.magnitude, radix: 16))"
        if isDomainName(name) { return name }
        let high = String(UInt64.random(in: .min ... .max, using: &generator), radix: 16)
        let low = String(UInt64.random(in: .min ... .max, using: &generator), radix: 16)
        return high + "-" + low
    }

    /// Whether a name is a DNS subdomain ([RFC 1123](https://www.rfc-editor.org/rfc/rfc1123)), as object names are.
    private static func isDomainName(_ name: String) -> Bool {
        guard (1...253).contains(name.utf8.count) else { return false }
        return name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.first, let last = label.last else { return false }
            return first != UInt8(ascii: "-") && last != UInt8(ascii: "-")
                && label.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                }
        }
    }
}

extension String {
    /// The text, cut between characters so that it has at most `limit` bytes.
    fileprivate func cut(to limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var kept = self[...]
        while kept.utf8.count > limit - 3 { kept.removeLast() }
        return kept + "\u{2026}"
    }
}
