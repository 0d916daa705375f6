// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// The faults that are set, at most one at an endpoint.
package struct FaultTable: Hashable, Sendable, JSONDecodable, JSONEncodable {
    private var faults: [DemoEndpoint: Fault] = [:]

    package init() {}

    package init(json: JSONValue) throws(JSONDecodingError) {
        for (name, fault) in try [String: Fault](json: json) {
            guard let endpoint = DemoEndpoint(name: name) else {
                let known = DemoEndpoint.allCases.map(\.name).joined(separator: ", ")
                throw JSONDecodingError("has no endpoint '\(name.prefix(64))'; there are \(known)")
            }
            faults[endpoint] = fault
        }
    }

    package var json: JSONValue {
        Dictionary(faults.map { ($0.key.name, $0.value) }) { first, _ in first }.json
    }

    /// The fault of an endpoint, which its last use takes away.
    package mutating func take(_ endpoint: DemoEndpoint) -> Fault? {
        guard let fault = faults[endpoint] else { return nil }
        if let times = fault.times {
            faults[endpoint] = times > 1 ? fault : nil
            faults[endpoint]?.times = times - 1
        }
        return fault
    }
}
