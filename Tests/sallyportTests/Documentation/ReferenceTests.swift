// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import PrometheusMetrics
import Testing

@testable import sallyport

@Suite("Reference")
struct ReferenceTests {
    @Test("Every key has a sentence, and no path is listed twice")
    func configuration() {
        let rows = ConfigurationReference.rows
        #expect(rows.count > 60)
        #expect(Set(rows.map(\.path)).count == rows.count)
        #expect(rows.allSatisfy { $0.help.hasSuffix(".") })
    }

    @Test("Every metric has a sentence")
    func metrics() {
        #expect(MetricReference.catalogue.descriptions.allSatisfy { $0.help.hasSuffix(".") })
    }

    @Test("A definition's fields are listed with type, default and meaning")
    func fields() {
        let definition: JSONValue = [
            "spec": [
                "versions": [
                    [
                        "schema": [
                            "openAPIV3Schema": [
                                "properties": [
                                    "spec": [
                                        "type": "object", "description": "What is wanted.", "required": ["url"],
                                        "properties": [
                                            "url": ["type": "string", "description": "Where | it is."],
                                            "kinds": [
                                                "type": "array", "description": "Which.",
                                                "items": ["type": "string", "enum": ["a", "b"]],
                                            ],
                                        ],
                                    ]
                                ]
                            ]
                        ]
                    ]
                ]
            ]
        ]
        #expect(
            FieldReference(definition: definition).markdown == """
                | Field | Type | Default | Meaning |
                | --- | --- | --- | --- |
                | `spec` | object |  | What is wanted. |
                | `spec.url` | string | required | Where \\| it is. |
                | `spec.kinds` | list of `a`, `b` |  | Which. |

                """
        )
    }
}
