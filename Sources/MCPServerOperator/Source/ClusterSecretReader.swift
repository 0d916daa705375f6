// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import ControllerRuntime
import KubernetesAPI
import KubernetesClient
import MCPServerAPI
import NIOConcurrencyHelpers

/// Reads the referenced Secrets of a cluster: existence from the metadata that is watched, content by a live GET that is
/// kept while uid and version stay the same.
///
/// So a reconcile in which nothing changed costs no request, and content of Secrets that nobody refers to is never
/// asked for. A Secret of a namespace that is not watched is read each time, and so is one of a namespace whose watch the
/// API server now refuses: what is in memory would outlive the right to read it.
final class ClusterSecretReader: SecretReader {
    private let stores: ClusterStores
    private let secrets: ResourceClient<Secret>
    private let kept = NIOLockedValueBox<[ObjectKey: Secret]>([:])

    init(stores: ClusterStores, secrets: ResourceClient<Secret>) {
        self.stores = stores
        self.secrets = secrets
    }

    /// The number of Secrets whose content is in memory.
    var keptCount: Int { kept.withLockedValue { $0.count } }

    func secret(_ key: ObjectKey) async throws -> SecretLookup {
        guard stores.watches(key.namespace), !isRefusedLater(key.namespace) else {
            drop(key)
            return try await read(key)
        }
        guard let metadata = stores.secrets[key]?.metadata else {
            drop(key)
            return try absent(key)
        }
        if let secret = kept.withLockedValue({ $0[key] }), secret.metadata.uid == metadata.uid,
            secret.metadata.resourceVersion == metadata.resourceVersion
                || metadata.resourceVersion.isOlder(than: secret.metadata.resourceVersion) == true
        {
            return .found(secret)
        }
        let answer = try await read(key)
        if case .found(let secret) = answer { kept.withLockedValue { $0[key] = secret } } else { drop(key) }
        return answer
    }

    /// Drops the content of Secrets that no server refers to any more, or that are gone.
    ///
    /// Called when a server or a Secret changed; looks at nothing but the keys given.
    func release(_ keys: some Sequence<ObjectKey>) {
        let snapshot = stores.servers.snapshot()
        for key in keys where snapshot.keys(in: ClusterStores.bySecret, for: key).isEmpty { drop(key) }
    }

    /// Drops the content of one Secret.
    func drop(_ key: ObjectKey) { kept.withLockedValue { $0[key] = nil } }

    /// Whether the Secrets of the namespace were followed once and may not be followed now.
    private func isRefusedLater(_ namespace: String) -> Bool {
        let scope = stores.scope(of: namespace)
        return stores.secrets.problem(in: scope)?.code == .forbidden && stores.secrets.syncedTo(in: scope) != nil
    }

    /// A Secret that is not in the store is missing only if the store could be filled.
    private func absent(_ key: ObjectKey) throws -> SecretLookup {
        let scope = stores.scope(of: key.namespace)
        guard stores.secrets.syncedTo(in: scope) == nil else { return .notFound }
        guard let problem = stores.secrets.problem(in: scope) else {
            throw APIError(
                .serviceUnavailable,
                "Could not look for Secret '\(key)': the Secrets have not been listed yet. Wait."
            )
        }
        guard problem.code == .forbidden else { throw problem }
        return .denied(Self.denial(key, problem))
    }

    private func read(_ key: ObjectKey) async throws -> SecretLookup {
        do {
            return .found(try await secrets.get(key))
        } catch let error as APIError {
            switch error.code {
            case .notFound: return .notFound
            case .forbidden: return .denied(Self.denial(key, error))
            default: throw error
            }
        }
    }

    private static func denial(_ key: ObjectKey, _ error: APIError) -> String {
        "The operator may not read Secret '\(key)'. \(error.message)"
    }
}
