// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import DequeModule

/// A queue in which owners take turns, so that one who asks for much waits behind nobody and keeps nobody waiting.
struct FairQueue<Owner: Hashable & Sendable, Element: Sendable>: Sendable {
    private var queues: [Owner: Deque<Element>] = [:]
    /// Owners with something in the queue, each once; the first is next.
    private var turns: Deque<Owner> = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Puts an element behind those of the same owner.
    mutating func append(_ element: Element, of owner: Owner) {
        if queues[owner] == nil { turns.append(owner) }
        queues[owner, default: []].append(element)
        count += 1
    }

    /// Takes the first element of the owner whose turn it is.
    mutating func popFirst() -> Element? {
        guard let owner = turns.popFirst(), let element = queues[owner]?.popFirst() else { return nil }
        count -= 1
        if queues[owner]?.isEmpty ?? true { queues[owner] = nil } else { turns.append(owner) }
        return element
    }

    /// Takes out the last element of the owner who has most, if that is more than `owner` would have with one more.
    mutating func displace(for owner: Owner) -> Element? {
        guard let (largest, queue) = queues.max(by: { $0.value.count < $1.value.count }),
            queue.count > (queues[owner]?.count ?? 0) + 1
        else { return nil }
        count -= 1
        return queues[largest]?.popLast()
    }

    /// Takes out what somebody no longer waits for.
    mutating func remove(of owner: Owner, where isGone: (Element) -> Bool) {
        guard var queue = queues[owner] else { return }
        let before = queue.count
        queue.removeAll(where: isGone)
        count -= before - queue.count
        queues[owner] = queue.isEmpty ? nil : queue
        if queue.isEmpty { turns.removeAll { $0 == owner } }
    }
}
