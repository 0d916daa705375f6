// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import JSON
import KubernetesAPI
import MCPServerAPI
import Testing
import YAML

@Suite("sample manifests")
struct SampleManifestTests {
    private let folder = repositoryRoot.appending(path: "deploy/samples/manifests")

    /// The reasons that the spec alone decides; the other broken samples have valid specs.
    private static let rejected: [String: ConditionReason] = [
        "broken-invalid-spec.yaml": .invalidSpec, "broken-unsupported-type.yaml": .unsupportedType,
        "broken-resource-mismatch.yaml": .resourceMismatch,
    ]

    @Test("each sample is what its name says, and has no unknown field")
    func verdicts() throws {
        let validator = MCPServerValidator(
            policy: ValidationPolicy(
                schemes: .configured(allowHTTP: ["*.svc.cluster.local"], allowLoopbackHTTP: false),
                resources: .configured([])
            )
        )
        var modes: Set<AuthMode> = []
        var rejected: [String: ConditionReason] = [:]
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let text = String(decoding: try Data(contentsOf: folder.appending(path: file)), as: UTF8.self)
            for document in try YAMLDocuments.parse(text, file: file) where document.value["kind"] == "MCPServer" {
                #expect(validator.unknownFieldProblems(in: document.value).isEmpty, "\(file)")
                let result = validator.validate(try MCPServer(json: document.value))
                rejected[file] = result.reason
                if let configuration = result.configuration { modes.insert(configuration.auth.mode) }
            }
        }
        #expect(rejected == Self.rejected)
        #expect(modes == Set(AuthMode.allCases), "there is a working sample of each mode")
    }
}
