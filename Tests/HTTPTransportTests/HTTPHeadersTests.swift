// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import Testing

@Suite("Header fields")
struct HTTPHeadersTests {
    private func lines(_ headers: HTTPHeaders) -> [String] { headers.map { "\($0.name): \($0.value)" } }

    @Test(
        "A field is found under any case of its name",
        arguments: ["Content-Type", "content-type", "CONTENT-TYPE", "cOnTeNt-tYpE"]
    )
    func anyCase(_ name: String) {
        let headers: HTTPHeaders = ["Accept": "text/plain", "Content-Type": "application/json"]
        #expect(headers[name] == "application/json")
        #expect(headers.values(of: name) == ["application/json"])
    }

    @Test(
        "A name that differs in more than case is another field",
        arguments: [
            (field: "Content-Type", name: "Content-Typ"), (field: "Content-Type", name: "Content-Type "),
            (field: "Content-Type", name: ""),
            // Bytes that setting bit 5 would make equal.
            (field: "A@B", name: "A`B"), (field: "X_Y", name: "X\u{7F}Y"), (field: "A^B", name: "A~B"),
            // The Kelvin sign: its lower case is an ASCII letter, but a field's name is ASCII.
            (field: "Key", name: "\u{212A}ey"),
        ]
    )
    func otherName(field: String, name: String) {
        var headers = HTTPHeaders()
        headers.add(name: field, value: "1")
        #expect(headers[name] == nil)
        #expect(headers.values(of: name).isEmpty)
        headers[name] = nil
        #expect(lines(headers) == ["\(field): 1"])
    }

    @Test("Fields keep the order and the spelling they were added with, repeated names included")
    func order() {
        var headers: HTTPHeaders = ["b": "1", "A": "2", "B": "3"]
        headers.add(name: "a", value: "4")
        #expect(lines(headers) == ["b: 1", "A: 2", "B: 3", "a: 4"])
        #expect(headers.count == 4)
    }

    @Test("Of a repeated field, look-up gives the first value and `values(of:)` all of them, in order")
    func repeated() {
        let headers: HTTPHeaders = ["Warning": "one", "Accept": "text/plain", "warning": "two", "WARNING": "three"]
        #expect(headers["warning"] == "one")
        #expect(headers.values(of: "Warning") == ["one", "two", "three"])
        #expect(headers.values(of: "Via").isEmpty)
    }

    @Test("Setting a field replaces every field of that name, whatever its case, and no other")
    func replace() {
        var headers: HTTPHeaders = ["Via": "1", "Accept": "text/plain", "via": "2"]
        headers["VIA"] = "3"
        #expect(headers.values(of: "via") == ["3"])
        #expect(lines(headers) == ["Accept: text/plain", "VIA: 3"])
    }

    @Test("Setting `nil` removes a field, an empty value does not")
    func remove() {
        var headers: HTTPHeaders = ["Via": "1", "Accept": "text/plain", "via": "2"]
        headers["via"] = nil
        headers["accept"] = ""
        #expect(headers["Via"] == nil)
        #expect(lines(headers) == ["accept: "])
    }
}
