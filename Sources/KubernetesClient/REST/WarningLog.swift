// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import KubernetesAPI
import Logging
import NIOConcurrencyHelpers

/// Logs each warning of the API server once.
final class WarningLog: Sendable {
    /// Past this many different texts the server makes them up as it goes, and no more are logged.
    private static let capacity = 256
    private let seen = NIOLockedValueBox<Set<String>>([])

    func log(_ headers: HTTPHeaders, about request: APIRequest, to logger: Logger) {
        for text in WarningHeader.texts(in: headers) {
            let isNew = seen.withLockedValue { $0.count < Self.capacity && $0.insert(text).inserted }
            guard isNew else { continue }
            logger.warning(
                "The API server sent a warning",
                metadata: ["kubernetes.warning": "\(text.prefix(1_024))", "kubernetes.subject": "\(request.subject)"]
            )
        }
    }
}
