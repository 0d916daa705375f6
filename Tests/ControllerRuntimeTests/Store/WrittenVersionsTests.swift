// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI
import Testing

@Suite("Written versions")
struct WrittenVersionsTests {
    let start = Duration.seconds(100)

    func written(_ version: String) -> WrittenVersions {
        var versions = WrittenVersions()
        versions.record(ResourceVersion(version), for: key("a"), now: start)
        return versions
    }

    @Test("A store behind a write makes its reconcile wait, until it has caught up")
    func behind() {
        var versions = written("20")
        let verdict = versions.check(key("a"), syncedTo: ResourceVersion("19"), now: start + .seconds(2))
        #expect(verdict == .behind(atMost: .seconds(3)))
        #expect(versions.check(key("a"), syncedTo: ResourceVersion("20"), now: start + .seconds(2)) == .current)
        #expect(versions.count == 0)
    }

    @Test("A write that does not show within five seconds is said to be unconfirmed, once")
    func unconfirmed() {
        var versions = written("20")
        let late = start + .seconds(5)
        #expect(versions.check(key("a"), syncedTo: ResourceVersion("19"), now: late) == .unconfirmed)
        #expect(versions.check(key("a"), syncedTo: ResourceVersion("19"), now: late) == .current)
    }

    @Test("Versions that cannot be compared never block", arguments: ["", "0", "abc"])
    func incomparable(version: String) {
        var versions = written("20")
        #expect(versions.check(key("a"), syncedTo: ResourceVersion(version), now: start) == .current)
    }

    @Test("Keys that were not written, or are forgotten, are current")
    func unknown() {
        var versions = written("20")
        #expect(versions.check(key("b"), syncedTo: ResourceVersion("1"), now: start) == .current)
        versions.forget(key("a"))
        #expect(versions.check(key("a"), syncedTo: ResourceVersion("1"), now: start) == .current)
    }

    @Test("The number of remembered writes is bounded, and the latest version of a key counts")
    func bounds() {
        var versions = WrittenVersions(limit: 1)
        versions.record(ResourceVersion("20"), for: key("a"), now: start)
        versions.record(ResourceVersion("21"), for: key("b"), now: start)
        #expect(versions.count == 1)
        versions.record(ResourceVersion("30"), for: key("a"), now: start)
        versions.record(ResourceVersion("25"), for: key("a"), now: start)
        #expect(versions.check(key("a"), syncedTo: ResourceVersion("29"), now: start) == .behind(atMost: .seconds(5)))
    }
}
