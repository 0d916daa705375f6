// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// Who holds something, until when, as `coordination.k8s.io/v1` `Lease`.
///
/// The one kind that is replaced whole, because that is what makes a write fail when somebody else was faster. So it
/// keeps every member it was read with, also those it does not know, and writes them back.
package struct Lease: KubernetesResource, Hashable, JSONEncodable {
    package static var resourceType: ResourceType {
        ResourceType(group: "coordination.k8s.io", version: "v1", kind: "Lease", plural: "leases")
    }

    package private(set) var metadata: ObjectMeta
    /// The whole object as it was read, changed where this type changes it.
    private var object: JSONObject

    /// A Lease that is not on a server yet, held by `holder` since `time`.
    package init(_ key: ObjectKey, holder: String, for duration: Duration, at time: MicroTime) {
        metadata = ObjectMeta(name: key.name, namespace: key.namespace)
        object = [
            "apiVersion": .string(Self.resourceType.apiVersion),
            "kind": .string(Self.resourceType.kind),
            "metadata": ["name": .string(key.name), "namespace": .string(key.namespace)],
        ]
        spec = [
            "holderIdentity": .string(holder), "leaseDurationSeconds": .integer(duration.components.seconds),
            "acquireTime": time.json, "renewTime": time.json, "leaseTransitions": 0,
        ]
    }

    /// Reads the members that decide; the others may hold anything.
    package init(json: JSONValue) throws(JSONDecodingError) {
        metadata = try json.required("metadata")
        object = json.objectValue ?? [:]
        guard let spec: JSONValue = try json.optional("spec") else { return }
        let _: String? = try spec.optional("holderIdentity")
        let _: Int64? = try spec.optional("leaseDurationSeconds")
        let _: Int64? = try spec.optional("leaseTransitions")
    }

    package var json: JSONValue { .object(object) }

    private var spec: JSONObject {
        get { object["spec"]?.objectValue ?? [:] }
        set { object["spec"] = .object(newValue) }
    }

    /// The identity of the holder; empty if nobody holds it.
    package var holder: String { spec["holderIdentity"]?.stringValue ?? "" }

    /// How long the holder has it after a renewal; `nil` if the record does not say, or nothing that makes sense.
    package var duration: Duration? {
        guard let seconds = spec["leaseDurationSeconds"]?.integerValue, (1...Self.longest).contains(seconds) else {
            return nil
        }
        return .seconds(seconds)
    }

    /// How often the holder changed.
    package var transitions: Int64 { max(spec["leaseTransitions"]?.integerValue ?? 0, 0) }

    /// The longest duration the API server stores.
    private static var longest: Int64 { Int64(Int32.max) }

    /// Whether both say the same, whatever their versions and labels are.
    package func hasSameRecord(as other: Lease) -> Bool { spec == other.spec }
}

extension Lease {
    /// The Lease with a new holder, or the same one anew.
    package func claimed(by identity: String, for duration: Duration, at time: MicroTime) -> Lease {
        guard holder != identity else { return renewed(for: duration, at: time) }
        var lease = self
        lease.spec["holderIdentity"] = .string(identity)
        lease.spec["leaseDurationSeconds"] = .integer(duration.components.seconds)
        lease.spec["acquireTime"] = time.json
        lease.spec["renewTime"] = time.json
        lease.spec["leaseTransitions"] = .integer(min(transitions, Self.longest - 1) + 1)
        return lease
    }

    /// The Lease of the same holder for another while.
    package func renewed(for duration: Duration, at time: MicroTime) -> Lease {
        var lease = self
        lease.spec["leaseDurationSeconds"] = .integer(duration.components.seconds)
        lease.spec["renewTime"] = time.json
        return lease
    }

    /// The Lease without a holder, free for whoever comes first.
    package func released(at time: MicroTime) -> Lease {
        var lease = self
        lease.spec["holderIdentity"] = ""
        lease.spec["leaseDurationSeconds"] = 1
        lease.spec["acquireTime"] = time.json
        lease.spec["renewTime"] = time.json
        return lease
    }
}
