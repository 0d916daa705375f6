// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport
import NIOConcurrencyHelpers

/// Names hosts in metric labels: tenants choose them, so only so many get a label of their own.
package final class HostLabels: Sendable {
    /// What all further hosts share.
    static let other = "other"

    private let limit: Int
    /// By URL, so that a known one is not read again.
    private let labels = NIOLockedValueBox<(byURL: [String: String], hosts: Set<String>)>(([:], []))

    package init(limit: Int = 200) { self.limit = limit }

    /// The host of a URL, or ``other``.
    func label(_ url: String) -> String {
        labels.withLockedValue { labels in
            if let known = labels.byURL[url] { return known }
            let label = host(url).map { host in
                if labels.hosts.contains(host) { return host }
                guard labels.hosts.count < limit else { return Self.other }
                labels.hosts.insert(host)
                return host
            }
            // Many URLs of one host are read each time once there are too many to remember.
            if labels.byURL.count < 10 * limit { labels.byURL[url] = label ?? Self.other }
            return label ?? Self.other
        }
    }

    private func host(_ url: String) -> String? {
        do { return try HTTPURL(url).host } catch {
            // Nothing is sent to what is no URL.
            return nil
        }
    }
}
