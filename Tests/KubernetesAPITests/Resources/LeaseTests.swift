// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import Testing

@Suite("Lease")
struct LeaseTests {
    static let time = MicroTime(microsecondsSinceEpoch: 1_700_000_000_000_000)

    static func foreign() throws -> Lease {
        try Lease(
            json: try JSONValue(
                parsing: Array(
                    #"""
                    {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l","namespace":"n",
                    "resourceVersion":"5","labels":{"a":"b"},"managedFields":[{"manager":"x"}]},
                    "spec":{"holderIdentity":"b","leaseDurationSeconds":20,"acquireTime":"2026-01-01T00:00:00.000000Z",
                    "renewTime":"2026-01-01T00:00:00.000000Z","leaseTransitions":4,"strategy":"OldestEmulationVersion",
                    "preferredHolder":"c"}}
                    """#.utf8
                )
            )
        )
    }

    @Test("T53: a new Lease is what the API server takes, its times with six decimals")
    func new() {
        let lease = Lease(ObjectKey(namespace: "n", name: "l"), holder: "a", for: .seconds(15), at: Self.time)
        #expect(
            lease.json.serializedText(.canonical)
                == #"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l","namespace":"n"},"#
                + #""spec":{"acquireTime":"2023-11-14T22:13:20.000000Z","holderIdentity":"a","leaseDurationSeconds":15,"#
                + #""leaseTransitions":0,"renewTime":"2023-11-14T22:13:20.000000Z"}}"#
        )
        #expect(lease.holder == "a" && lease.duration == .seconds(15) && lease.transitions == 0)
    }

    @Test("Whatever else a Lease holds is written back")
    func unknownMembers() throws {
        let lease = try Self.foreign()
        for changed in [
            lease.claimed(by: "a", for: .seconds(15), at: Self.time), lease.renewed(for: .seconds(15), at: Self.time),
            lease.released(at: Self.time),
        ] {
            #expect(changed.json["spec"]?["strategy"]?.stringValue == "OldestEmulationVersion")
            #expect(changed.json["spec"]?["preferredHolder"]?.stringValue == "c")
            #expect(changed.json["metadata"] == lease.json["metadata"])
        }
    }

    @Test("A new holder counts as a transition, the same one does not")
    func claim() throws {
        let lease = try Self.foreign()
        let claimed = lease.claimed(by: "a", for: .seconds(15), at: Self.time)
        #expect(claimed.holder == "a" && claimed.transitions == 5 && claimed.duration == .seconds(15))
        #expect(claimed.json["spec"]?["acquireTime"] == Self.time.json)
        let again = claimed.claimed(by: "a", for: .seconds(15), at: MicroTime(microsecondsSinceEpoch: 0))
        #expect(again.transitions == 5)
        #expect(again.json["spec"]?["acquireTime"] == Self.time.json)
        #expect(again.json["spec"]?["renewTime"]?.stringValue == "1970-01-01T00:00:00.000000Z")
    }

    @Test("A released Lease has no holder and is free at once")
    func release() throws {
        let released = try Self.foreign().released(at: Self.time)
        #expect(released.holder.isEmpty && released.duration == .seconds(1) && released.transitions == 4)
    }

    @Test("A label that changes is not a sign of life, a renewal is")
    func sameRecord() throws {
        let lease = try Self.foreign()
        var json = lease.json.objectValue ?? [:]
        json["metadata"] = ["name": "l", "namespace": "n", "resourceVersion": "6", "labels": ["a": "c"]]
        let relabelled = try Lease(json: .object(json))
        #expect(relabelled.hasSameRecord(as: lease))
        #expect(!lease.renewed(for: .seconds(20), at: Self.time).hasSameRecord(as: lease))
    }

    @Test("Numbers that make no sense are read without a trap", arguments: ["-1", "0", "9223372036854775807"])
    func nonsense(number: String) throws {
        let text =
            #"{"metadata":{"name":"l"},"spec":{"leaseDurationSeconds":\#(number),"leaseTransitions":\#(number)}}"#
        let lease = try Lease(json: try JSONValue(parsing: Array(text.utf8)))
        #expect(lease.duration == nil)
        #expect(lease.claimed(by: "a", for: .seconds(15), at: Self.time).transitions > 0)
    }

    @Test("A record that was never held, or has no spec, has no holder", arguments: [#""spec":{}"#, #""spec":null"#])
    func empty(spec: String) throws {
        let lease = try Lease(json: try JSONValue(parsing: Array("{\"metadata\":{\"name\":\"l\"},\(spec)}".utf8)))
        #expect(lease.holder.isEmpty && lease.duration == nil)
        #expect(lease.claimed(by: "a", for: .seconds(15), at: Self.time).holder == "a")
    }
}
