// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTypes
package import JSON

/// What a server answers, before it is bytes: a fault may still change it.
package struct DemoAnswer: Sendable {
    /// What follows the head.
    package enum Body: Sendable {
        case none
        case json(JSONValue)
        case html(String)
    }

    /// The three-digit status code.
    package var status: Int
    /// Besides those that follow from the body.
    package var headers: HTTPFields
    /// What follows the head.
    package var body: Body
    /// What is counted besides the status: words of these servers, never of a caller.
    package var details: [String] = []

    package init(_ status: Int, _ body: Body = .none, headers: HTTPFields = [:]) {
        self.status = status
        self.body = body
        self.headers = headers
    }

    /// A document that may be kept.
    static func document(_ json: JSONValue) -> DemoAnswer { DemoAnswer(200, .json(json)) }

    /// Something that is nobody else's business.
    static func secret(_ json: JSONValue, status: Int = 200) -> DemoAnswer {
        DemoAnswer(status, .json(json), headers: [.cacheControl: "no-store", .pragma: "no-cache"])
    }

    /// A sentence about what is wrong.
    static func problem(_ status: Int, _ message: String, headers: HTTPFields = [:]) -> DemoAnswer {
        var headers = headers
        headers[.cacheControl] = "no-store"
        return DemoAnswer(status, .json(["message": .string(message)]), headers: headers)
    }

    static let unknownPath = problem(404, "There is nothing at this path.")

    /// The answer to a method that the path does not have.
    static func wrongMethod(allowed: String) -> DemoAnswer {
        problem(405, "Use \(allowed).", headers: [.allow: allowed])
    }
}

extension DemoAnswer {
    /// Puts fields in the place of those that have their names.
    mutating func set(_ fields: [String: String]) {
        for (name, value) in fields {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
    }

    /// The same answer, counted under some words.
    func counted(_ details: String...) -> DemoAnswer {
        var answer = self
        answer.details += details
        return answer
    }
}

extension HTTPField.Name {
    static var pragma: HTTPField.Name { fixed("Pragma") }
    static var mcpSessionID: HTTPField.Name { fixed("Mcp-Session-Id") }

    /// Names written here, all of which are tokens.
    private static func fixed(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("a header name in the source is no token") }
        return name
    }
}
