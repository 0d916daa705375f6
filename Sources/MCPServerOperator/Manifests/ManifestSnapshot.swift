// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
package import KubernetesAPI
import MCPServerAPI
import OpenSSL

/// The objects of a ``ManifestSet`` as a cluster would have them: read, with an identity and a version of their own.
///
/// The uid follows from the name and the version from the content, so a restart finds the same ones; the generation
/// counts the changes of the spec since the start.
package struct ManifestSnapshot: Sendable {
    /// The servers, those that do not decode among them.
    package private(set) var servers: [ObjectKey: ServerRecord] = [:]
    /// The Secrets, with their content.
    package private(set) var secrets: [ObjectKey: Secret] = [:]
    /// The grants of all namespaces.
    package private(set) var grants: [ReferenceGrant] = []
    /// Problems of files, and of Secrets and grants that cannot be read.
    package private(set) var problems: [ManifestProblem] = []
    /// How many objects there are of each kind that is not read.
    package private(set) var otherKinds: [String: Int] = [:]
    private var specs: [ObjectKey: (digest: String, generation: Int64)] = [:]

    package init() {}

    /// - Parameters:
    ///   - set: The files.
    ///   - previous: The state before, whose generations go on.
    ///   - digest: SHA-256.
    package init(_ set: ManifestSet, after previous: ManifestSnapshot, digest: (_ bytes: [UInt8]) -> [UInt8]) {
        problems = set.problems
        otherKinds = set.otherKinds
        for (identity, object) in set.objects.sorted(by: { $0.key.key < $1.key.key }) {
            let version = Self.hexadecimal(digest(object.value.serialized(.canonical)))
            let uid = Self.uid(digest(Array("\(identity.kind.rawValue)/\(identity.key)".utf8)))
            switch identity.kind {
            case .server: addServer(object, uid, version, previous, digest)
            case .secret:
                if let secret: Secret = read(object, uid, version) { secrets[identity.key] = secret }
            case .grant:
                if let grant: ReferenceGrant = read(object, uid, version) { grants.append(grant) }
            }
        }
    }

    private mutating func addServer(
        _ object: ManifestObject,
        _ uid: String,
        _ version: String,
        _ previous: ManifestSnapshot,
        _ digest: (_ bytes: [UInt8]) -> [UInt8]
    ) {
        let key = object.identity.key
        let spec = object.value.objectValue?["spec"] ?? .null
        let specDigest = Self.hexadecimal(digest(spec.serialized(.canonical)))
        let before = previous.specs[key]
        let generation = before.map { $0.digest == specDigest ? $0.generation : $0.generation + 1 } ?? 1
        specs[key] = (specDigest, generation)
        var metadata = ObjectMeta(name: key.name, namespace: key.namespace)
        let content: ServerRecord.Content
        do throws(JSONDecodingError) {
            metadata = try object.value.required("metadata")
            content = .spec(try object.value.optional("spec") ?? MCPServerSpec())
        } catch {
            content = .undecodable(error)
        }
        metadata.uid = uid
        metadata.resourceVersion = ResourceVersion(version)
        metadata.generation = generation
        metadata.deletionTimestamp = nil
        let findings = MCPServer.unknownFields(in: object.value).map { field in
            ValidationProblem(
                .invalidSpec,
                at: field,
                "The field '\(field.fieldPath)' is unknown. Correct its name, or remove it."
            )
        }
        servers[key] = ServerRecord(metadata: metadata, content: content, status: nil, findings: findings)
    }

    /// The object as its kind, with its identity; `nil`, and a problem, if it cannot be read.
    private mutating func read<Object: ManifestReadable>(
        _ object: ManifestObject,
        _ uid: String,
        _ version: String
    ) -> Object? {
        do throws(JSONDecodingError) {
            var read = try Object(json: object.value)
            read.metadata.uid = uid
            read.metadata.resourceVersion = ResourceVersion(version)
            return read
        } catch {
            problems.append(
                object.problem(
                    ConditionReason.invalidSpec.rawValue,
                    at: error.pointer,
                    "The \(object.identity.kind.rawValue) cannot be read: \(error)."
                )
            )
            return nil
        }
    }

    /// The first 16 bytes.
    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        Hexadecimal.text(Array(bytes.prefix(16)))
    }

    /// In the shape of a UUID.
    private static func uid(_ bytes: [UInt8]) -> String {
        let digits = Array(hexadecimal(bytes))
        return [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
            .map { String($0) }.joined(separator: "-")
    }
}

/// A kind whose metadata may be completed after reading.
protocol ManifestReadable: JSONDecodable { var metadata: ObjectMeta { get set } }
extension Secret: ManifestReadable {}
extension ReferenceGrant: ManifestReadable {}
