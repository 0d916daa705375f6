// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import JSON
package import KubernetesAPI

extension ResourceClient {
    /// How often an update starts over when someone else was faster.
    package static var maximumConflicts: Int { 5 }

    /// Changes an object depending on what it is now.
    ///
    /// Reads it, has `change` compute a merge patch (or `nil` for none), and sends that with the version it was computed
    /// from; if the object has changed meanwhile, all of it is done again. Any other failure is thrown at once.
    package func update(
        _ key: ObjectKey,
        fieldManager: String,
        subresource: Subresource? = nil,
        _ change: (Resource) throws -> JSONObject?
    ) async throws -> Resource {
        var conflicts = 0
        while true {
            let current = try await get(key)
            guard var patch = try change(current) else { return current }
            var metadata = patch["metadata"]?.objectValue ?? [:]
            metadata["resourceVersion"] = .string(current.metadata.resourceVersion.rawValue)
            patch["metadata"] = .object(metadata)
            do {
                return try await mergePatch(
                    .object(patch),
                    to: key,
                    fieldManager: fieldManager,
                    subresource: subresource
                )
            } catch let error as APIError where error.code == .conflict {
                conflicts += 1
                guard conflicts < Self.maximumConflicts else { throw error }
                try await pause()
            }
        }
    }
}
