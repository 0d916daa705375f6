// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
import KubernetesAPI

/// The rules of the custom resource that need no look beyond the resource itself and a ``ValidationPolicy``.
///
/// Gives the verdicts of `crds/mcpservers.yaml`, and more than these where the CRD cannot say it. Trust in issuers and
/// Secrets are decided elsewhere.
package struct MCPServerValidator: Hashable, Sendable {
    /// What configuration contributes.
    package var policy: ValidationPolicy

    package init(policy: ValidationPolicy) { self.policy = policy }

    /// Checks every rule and reports all that is wrong.
    package func validate(_ server: MCPServer) -> ValidationResult {
        var reader = SpecReader(policy: policy, namespace: server.metadata.namespace)
        let configuration = reader.read(server)
        return ValidationResult(
            problems: reader.findings.problems,
            notes: reader.findings.notes,
            configuration: configuration
        )
    }

    /// The problems of a manifest that the decoded object no longer shows: fields that no MCPServer has.
    ///
    /// The API server prunes such fields without a word; in a file they are most likely misspelt.
    package func unknownFieldProblems(in manifest: JSONValue) -> [ValidationProblem] {
        MCPServer.unknownFields(in: manifest).map { field in
            ValidationProblem(
                field: field,
                reason: .invalidSpec,
                message: "\(field.fieldPath) is no field of an MCPServer. "
                    + "\(MCPServer.siblings(of: field)). Correct its name or remove it."
            )
        }
    }
}

extension MCPServer {
    /// A sentence, without its full stop, that lists the fields there are beside an unknown one.
    fileprivate static func siblings(of field: JSONPointer) -> String {
        guard case .key("spec")? = field.tokens.first, field.tokens.count > 1 else {
            return "Beside it there are apiVersion, kind, metadata, spec and status"
        }
        var type: any SchemaObject.Type = MCPServerSpec.self
        for case .key(let name) in field.tokens.dropFirst().dropLast() {
            guard let nested = type.nestedObject(named: name) else { break }
            type = nested
        }
        return "Beside it there are \(type.fieldNames.joined(separator: ", "))"
    }
}
