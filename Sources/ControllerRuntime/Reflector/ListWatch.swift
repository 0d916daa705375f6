// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// Lists and watches the objects of one kind in one scope, for a ``Reflector``.
///
/// `ResourceClient` is the real one.
package protocol ListWatch<Object>: Sendable {
    associatedtype Object: KubernetesResource
    associatedtype Events: AsyncSequence where Events.Element == WatchEvent<Object>

    /// - Throws: ``APIError``, or `CancellationError`.
    func list(_ options: ListOptions) async throws -> ListPage<Object>

    /// Returns once the server has accepted the watch.
    ///
    /// - Throws: ``APIError``, or `CancellationError`; the sequence likewise. It ends without error when the
    ///   connection is closed.
    func watch(_ options: WatchOptions) async throws -> Events
}
