// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Logging
import NIOConcurrencyHelpers

/// What keeps a replica from taking part in the election, in words for whoever runs it.
///
/// Each text is logged when it comes up, not each time it is met again.
final class LeaderElectionProblems: Sendable {
    /// What was being done.
    enum Activity: String, Sendable, CaseIterable {
        case read
        case create
        case update
        case watch
    }

    private let texts = NIOLockedValueBox<[Activity: String]>([:])
    private let key: ObjectKey
    private let logger: Logger

    init(key: ObjectKey, logger: Logger) {
        self.key = key
        self.logger = logger
    }

    var all: [String] {
        texts.withLockedValue { texts in Activity.allCases.compactMap { texts[$0] } }
    }

    func solved(_ activity: Activity) { texts.withLockedValue { $0[activity] = nil } }

    /// Everything that kept this replica from leading is over.
    func solvedAll() { texts.withLockedValue { $0 = [:] } }

    /// - Returns: Nothing; an error that is part of any election is no problem.
    func met(_ error: APIError, while activity: Activity) {
        guard error.code != .conflict, error.code != .alreadyExists else { return solved(activity) }
        let text = describe(error, activity)
        let isNew = texts.withLockedValue { $0.updateValue(text, forKey: activity) != text }
        guard isNew else { return }
        logger.warning("Leader election is hindered, will try again", metadata: ["problem": "\(text)"])
    }

    private func describe(_ error: APIError, _ activity: Activity) -> String {
        let attempt = "Could not \(activity.rawValue) the Lease '\(key)' for leader election"
        switch error.code {
        case .notFound where activity == .create:
            return """
                \(attempt): its namespace does not exist. Create the namespace '\(key.namespace)', or configure another one \
                for leader election.
                """
        case .forbidden where !error.isNamespaceTerminating:
            return """
                \(attempt): this replica has no right to. Grant get, create, update and watch on leases of \
                coordination.k8s.io in the namespace '\(key.namespace)' to its service account.
                """
        default: return "\(attempt): \(error.message)"
        }
    }
}
