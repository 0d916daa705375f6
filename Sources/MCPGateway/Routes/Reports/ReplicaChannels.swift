// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import RouteTable

/// The replicas that are told at the moment.
final class ReplicaChannels: Sendable {
    private let channels = NIOLockedValueBox<[ReplicaAddress: ReplicaChannel]>([:])

    /// The number of replicas.
    var count: Int { channels.withLockedValue { $0.count } }

    /// Keeps the channels of replicas that are still there, closes those of the others.
    ///
    /// - Returns: The channels of replicas that are new.
    func replace(with replicas: Set<ReplicaAddress>) -> [ReplicaChannel] {
        let (new, gone) = channels.withLockedValue { channels in
            let gone = channels.filter { !replicas.contains($0.key) }.map(\.value)
            let new = replicas.filter { channels[$0] == nil }.map(ReplicaChannel.init)
            channels = channels.filter { replicas.contains($0.key) }
            for channel in new { channels[channel.replica] = channel }
            return (new, gone)
        }
        for channel in gone { channel.close() }
        return new
    }

    /// Tells every channel what may be different.
    func changed(_ touched: RouteChanges.Touched, in judged: JudgedRoutes) {
        let all = channels.withLockedValue { Array($0.values) }
        guard !all.isEmpty else { return }
        let entries = judged.all.entries
        for channel in all {
            channel.change { reports in
                switch touched {
                case .everything: reports.changedEverything(to: entries)
                case .keys(let keys): reports.changed(keys, in: entries)
                }
            }
        }
    }
}
