// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON
import Testing

@testable import YAML

@Suite("Scalar forms")
struct ScalarFormsTests {
    private static func fixture(_ name: String) throws -> String {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: folder.appendingPathComponent("Fixtures/\(name)"), encoding: .utf8)
    }

    @Test("Every form becomes what kubectl makes of it")
    func sameAsKubectl() throws {
        let document = try #require(
            try YAMLDocuments.parse(try Self.fixture("yaml-scalars.yaml"), file: "yaml-scalars.yaml").first
        )
        let values = JSONPointer([.key("spec"), .key("values")])
        let ours = try #require(document.value.value(at: values)?.objectValue)
        let theirs = try #require(
            JSONValue(parsing: try Self.fixture("yaml-scalars.json")).value(at: values)?.objectValue
        )
        #expect(ours.count >= 120)
        #expect(Set(ours.keys) == Set(theirs.keys))
        for (key, value) in ours {
            let position = try #require(document.position(of: values.appending(.key(key))))
            let expected = theirs[key].map { $0.serializedText(.canonical) }
            #expect(Self.rounded(value).serializedText(.canonical) == expected, "\(key) at \(position)")
        }
    }

    /// kubectl reads integers beyond `Int64` as fractions once they are JSON; here they stay exact.
    private static func rounded(_ value: JSONValue) -> JSONValue {
        if case .unsigned(let number) = value { .double(Double(number)) } else { value }
    }
}
