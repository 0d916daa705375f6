// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
import KubernetesAPI
import MCPServerAPI

/// Checks manifests without a cluster and without a network.
package struct ManifestValidation: Sendable {
    /// What becomes of references to Secrets.
    package enum References: Sendable {
        /// Looked up among the files, if these hold any Secret.
        case check
        case ignore
    }

    private let trust: TrustConfiguration?
    private let references: References
    private let requiresSecretLabel: Bool
    private let cryptography: Cryptography

    /// Without `trust`, which is without a configuration, trust, resource pairs and egress are not checked.
    package init(
        trust: TrustConfiguration?,
        references: References,
        requiresSecretLabel: Bool,
        cryptography: Cryptography
    ) {
        self.trust = trust
        self.references = references
        self.requiresSecretLabel = requiresSecretLabel
        self.cryptography = cryptography
    }

    /// Checks every rule and reports all that is wrong.
    ///
    /// - Throws: `CancellationError` only.
    package func report(on files: [ManifestSource]) async throws -> ValidationReport {
        var set = ManifestSet()
        set.load(files)
        let snapshot = ManifestSnapshot(set, after: ManifestSnapshot(), digest: cryptography.digest)
        var report = ValidationReport(objects: set.objects.count, problems: snapshot.problems, notes: [])
        let judge = SpecJudge(trust: trust, metadata: NoMetadata())
        let followsReferences = references == .check && set.objects.keys.contains { $0.kind == .secret }
        var unchecked = 0
        for (key, record) in snapshot.servers.sorted(by: { $0.key < $1.key }) {
            guard let object = set.objects[ManifestObject.Identity(kind: .server, key: key)] else { continue }
            let judgement = try await judge.judge(record)
            var problems = judgement.problems
            let needed = judgement.server?.credentialReferences ?? []
            if followsReferences {
                let resolved = try await resolver(snapshot).resolve(
                    needed,
                    of: key.namespace,
                    auth: judgement.configuration?.auth,
                    endpoints: judgement.endpoints
                )
                problems += resolved.problems
                report.notes += resolved.notes
            } else {
                unchecked += needed.count
            }
            report.problems += problems.map { object.problem($0.reason.rawValue, at: $0.field, $0.message) }
            report.notes += judgement.notes.map { note(object, $0.field, $0.message) }
            if let open = judgement.openQuestion { report.notes.append(note(object, open.field, open.message)) }
        }
        report.problems.sort { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
        report.notes += closingNotes(snapshot, unchecked: unchecked)
        return report
    }

    private func resolver(_ snapshot: ManifestSnapshot) -> ReferenceResolver {
        let reader = SnapshotReader(snapshot: snapshot)
        return ReferenceResolver(
            secrets: reader,
            grants: reader,
            cryptography: cryptography,
            requiresLabel: requiresSecretLabel
        )
    }

    private func note(_ object: ManifestObject, _ field: JSONPointer, _ message: String) -> String {
        let place = object.problem("", at: field, message)
        return "\(place.file):\(place.line):\(place.column): \(message)"
    }

    private func closingNotes(_ snapshot: ManifestSnapshot, unchecked: Int) -> [String] {
        var notes: [String] = []
        if trust == nil {
            notes.append("Trust, resource pairs and egress were not checked: that needs a configuration (--config).")
        }
        if unchecked > 0 {
            notes.append(
                "References to Secrets were not checked: \(unchecked). Give the Secrets' files as well to check them."
            )
        }
        if !snapshot.otherKinds.isEmpty {
            let kinds = snapshot.otherKinds.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            notes.append("Objects of other kinds were ignored: \(kinds.joined(separator: ", ")).")
        }
        return notes
    }
}

/// What ``ManifestValidation`` found.
package struct ValidationReport: Hashable, Sendable, JSONEncodable {
    /// How many MCPServers, Secrets and grants were read.
    package var objects: Int
    /// Sorted by place.
    package var problems: [ManifestProblem]
    /// Sentences about what works but may surprise, and about what was not checked.
    package var notes: [String]

    package init(objects: Int, problems: [ManifestProblem], notes: [String]) {
        self.objects = objects
        self.problems = problems
        self.notes = notes
    }

    /// What `validate --format json` prints.
    package var json: JSONValue { ["objects": objects.json, "problems": problems.json] }
}

/// Looks Secrets and grants up among the files.
private struct SnapshotReader: SecretReader, GrantReader {
    let snapshot: ManifestSnapshot

    func secret(_ key: ObjectKey) async throws -> SecretLookup {
        snapshot.secrets[key].map(SecretLookup.found) ?? .notFound
    }

    func permitsSecret(_ secret: ObjectKey, from namespace: String) -> Bool {
        snapshot.permitsSecret(secret, from: namespace)
    }
}
