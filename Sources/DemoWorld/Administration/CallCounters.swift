// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
package import JSON

/// What every endpoint was called with and answered.
///
/// The names of header fields are kept and never their values.
package struct CallCounters: Hashable, Sendable, JSONEncodable {
    /// One endpoint's.
    package struct Counts: Hashable, Sendable, JSONEncodable {
        /// Requests that were read.
        package var requests = 0
        /// Those among them that a fault happened to.
        package var faults = 0
        /// Answers by status; a request whose connection was closed has none.
        package var statuses: [Int: Int] = [:]
        /// What was asked for and what came of it: a grant, a method, how a token was judged.
        package var details: [String: Int] = [:]
        /// Header fields that were there, in lower case.
        package var headerNames: Set<String> = []

        package var json: JSONValue {
            [
                "requests": requests.json,
                "faults": faults.json,
                "statuses": Dictionary(statuses.map { ("\($0.key)", $0.value) }) { first, _ in first }.json,
                "details": details.json,
                "headerNames": headerNames.sorted().json,
            ]
        }
    }

    /// Callers choose words and header names, so there is a limit on how many are told apart.
    private static let limit = 200

    private var counts: [DemoEndpoint: Counts] = [:]

    package init() {}

    /// One endpoint's.
    package subscript(endpoint: DemoEndpoint) -> Counts { counts[endpoint] ?? Counts() }

    /// All endpoints, those that were never called too.
    package var json: JSONValue {
        var json = JSONObject()
        for endpoint in DemoEndpoint.allCases { json[endpoint.name] = self[endpoint].json }
        return .object(json)
    }

    /// Counts a request that was read.
    mutating func add(_ request: DemoRequest, at endpoint: DemoEndpoint, isFault: Bool) {
        var counts = self[endpoint]
        counts.requests += 1
        if isFault { counts.faults += 1 }
        for field in request.headers where counts.headerNames.count < Self.limit {
            counts.headerNames.insert(String(field.name.canonicalName.prefix(64)))
        }
        self.counts[endpoint] = counts
    }

    /// Counts an answer.
    mutating func add(status: Int, details: [String], at endpoint: DemoEndpoint) {
        var counts = self[endpoint]
        counts.statuses[status, default: 0] += 1
        for detail in details {
            let isKnown = counts.details[detail] != nil || counts.details.count < Self.limit
            counts.details[isKnown ? detail : "other", default: 0] += 1
        }
        self.counts[endpoint] = counts
    }
}
