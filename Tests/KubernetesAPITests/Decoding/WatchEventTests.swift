// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import Testing

@Suite("Watch lines")
struct WatchEventTests {
    static func event(_ line: String) -> WatchEvent<Widget> { WatchEvent(line: Array(line.utf8)) }

    @Test("An added and a modified object are the same to a cache", arguments: ["ADDED", "MODIFIED"])
    func applied(type: String) {
        let event = Self.event(
            #"{"type":"\#(type)","object":{"kind":"Widget","metadata":{"name":"a","resourceVersion":"3"},"size":2}}"#
        )
        guard case .applied(.valid(let widget)) = event else {
            Issue.record("got \(event)")
            return
        }
        #expect(widget.size == 2)
        #expect(widget.metadata.resourceVersion == ResourceVersion("3"))
    }

    @Test("The object may come before the type")
    func memberOrder() {
        let event = Self.event(#"{"object":{"metadata":{"name":"a"},"size":2},"type":"DELETED"}"#)
        guard case .deleted(.valid) = event else {
            Issue.record("got \(event)")
            return
        }
    }

    @Test("T40: An object that no longer decodes still has its key and version")
    func invalidObject() {
        let event = Self.event(
            #"{"type":"MODIFIED","object":{"metadata":{"namespace":"n","name":"a","resourceVersion":"4"},"size":"big"}}"#
        )
        guard case .applied(.invalid(let metadata, let error)) = event else {
            Issue.record("got \(event)")
            return
        }
        #expect(metadata.key == ObjectKey(namespace: "n", name: "a"))
        #expect(metadata.resourceVersion == ResourceVersion("4"))
        #expect(error.description == "size must be an integer, not a string")
    }

    @Test("An object without metadata is unreadable")
    func unreadableObject() {
        guard case .applied(.unreadable) = Self.event(#"{"type":"ADDED","object":{"size":1}}"#) else {
            Issue.record("not unreadable")
            return
        }
    }

    @Test("A bookmark moves the version on")
    func bookmark() {
        let event = Self.event(
            #"{"type":"BOOKMARK","object":{"kind":"Widget","metadata":{"resourceVersion":"77","creationTimestamp":null}}}"#
        )
        guard case .bookmark(ResourceVersion("77")) = event else {
            Issue.record("got \(event)")
            return
        }
    }

    @Test(
        "T19: A line of a type or kind not asked for, or that is no event, is unknown",
        arguments: [
            #"{"type":"FOO","object":{"metadata":{"name":"a"},"size":1}}"#,
            #"{"type":"ADDED","object":{"kind":"Gadget","metadata":{"name":"a"},"size":1}}"#,
            #"{"type":"ADDED","object":{"kind":"Table","metadata":{}}}"#, #"{"type":"ADDED"}"#, #"{"object":{}}"#,
            #"{"type":"BOOKMARK","object":{}}"#, #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":""}}}"#,
            #"[]"#, #"{"#, #"<html>"#,
        ]
    )
    func unknown(line: String) {
        guard case .unknown = Self.event(line) else {
            Issue.record("not unknown")
            return
        }
    }

    @Test("T17: A line that is no UTF-8 is unknown")
    func invalidUTF8() {
        var line = Array(#"{"type":"ADDED","object":{"metadata":{"name":"a"},"size":1,"x":""#.utf8)
        line += [0xC3, 0x28] + Array(#""}}"#.utf8)
        guard case .unknown = WatchEvent<Widget>(line: line) else {
            Issue.record("not unknown")
            return
        }
    }

    @Test(
        "An error event has the code of its status",
        arguments: [
            (#"{"kind":"Status","code":410,"reason":"Expired"}"#, APIError.Code.expired),
            (#"{"kind":"Status","code":410}"#, .expired), (#"{"reason":"Gone"}"#, .expired),
            (#"{"code":429,"details":{"retryAfterSeconds":2}}"#, .tooManyRequests), (#"{"code":500}"#, .internalError),
            (#"{"code":504,"message":"Too large resource version: 5, current: 3"}"#, .resourceVersionTooLarge),
            (#"{"code":504}"#, .timeout), (#"{"code":"x"}"#, .unexpectedResponse), (#"[]"#, .unexpectedResponse),
        ]
    )
    func errors(status: String, code: APIError.Code) {
        guard case .error(let error) = Self.event(#"{"type":"ERROR","object":\#(status)}"#) else {
            Issue.record("no error")
            return
        }
        #expect(error.code == code)
        if code == .tooManyRequests { #expect(error.retryAfter == .seconds(2)) }
    }

    @Test("A failure Status in place of an event is an error")
    func bareStatus() {
        guard case .error(let error) = Self.event(#"{"kind":"Status","status":"Failure","code":410}"#) else {
            Issue.record("no error")
            return
        }
        #expect(error.code == .expired)
    }

    @Test("T76: A whole object from a server that ignores Accept becomes its metadata")
    func metadataOfWholeObject() {
        let line = #"{"type":"ADDED","object":{"kind":"Widget","metadata":{"name":"a"},"size":"not read"}}"#
        let event = WatchEvent<PartialObjectMetadata<Widget>>(line: Array(line.utf8))
        guard case .applied(.valid(let partial)) = event else {
            Issue.record("got \(event)")
            return
        }
        #expect(partial.metadata.name == "a")
    }
}
