// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import DequeModule

/// Who of one client's transfers may go to curl, and who waits, first come first served.
///
/// The cap is kept here because curl's own costs an order of magnitude when thousands wait inside it.
struct Admission<ID: Hashable> {
    /// What a limit counts.
    enum Lane: Hashable {
        /// Requests to one origin.
        case requests(String)
        /// Long-lived streams, wherever they go.
        case streams
    }

    private struct Usage {
        var running = 0
        var waiting = Deque<ID>()
    }

    private let maximumRequestsPerHost: Int
    private let maximumStreams: Int
    private var lanes: [Lane: Usage] = [:]

    init(maximumRequestsPerHost: Int, maximumStreams: Int) {
        self.maximumRequestsPerHost = max(1, maximumRequestsPerHost)
        self.maximumStreams = max(1, maximumStreams)
    }

    /// Whether the transfer may start now; if not, it waits its turn.
    mutating func enter(_ lane: Lane, _ id: ID) -> Bool {
        if lanes[lane, default: Usage()].running < limit(of: lane) {
            lanes[lane, default: Usage()].running += 1
            return true
        }
        lanes[lane, default: Usage()].waiting.append(id)
        return false
    }

    /// A running transfer ended.
    ///
    /// Returns the one that may start in its place.
    mutating func leave(_ lane: Lane) -> ID? {
        guard var usage = lanes.removeValue(forKey: lane) else { return nil }
        let next = usage.waiting.popFirst()
        if next == nil { usage.running -= 1 }
        // A lane nobody uses is dropped, so that the table does not grow with every host ever asked.
        if usage.running > 0 { lanes[lane] = usage }
        return next
    }

    /// A waiting transfer gave up.
    mutating func abandon(_ lane: Lane, _ id: ID) {
        lanes[lane]?.waiting.removeAll { $0 == id }
    }

    /// How many may run at once.
    func limit(of lane: Lane) -> Int {
        switch lane {
        case .requests: maximumRequestsPerHost
        case .streams: maximumStreams
        }
    }
}
