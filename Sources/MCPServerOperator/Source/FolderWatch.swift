// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Tells that something changed in a set of folders, by
/// [inotify](https://man7.org/linux/man-pages/man7/inotify.7.html).
///
/// Which file changed does not matter: whoever asks looks at all of them. Never blocks.
struct FolderWatch: ~Copyable {
    private let descriptor: Int32
    private var watches: Set<Int32> = []

    /// `nil` where the kernel has no more watches to give; then changes are found by looking now and then.
    init?() {
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Watches these folders; those that are gone watch themselves away.
    ///
    /// - Returns: Whether one of them was not watched before.
    mutating func follow(_ folders: [String]) -> Bool {
        let changes = IN_CREATE | IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ATTRIB
        let events = UInt32(changes | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
        let before = watches
        // Unsafe only in that C reads the path: it is a temporary, terminated copy that outlives the call.
        watches = Set(folders.map { unsafe inotify_add_watch(descriptor, $0, events) }.filter { $0 >= 0 })
        return !watches.isSubset(of: before)
    }

    /// Forgets all events so far.
    ///
    /// - Returns: Whether there were any.
    func drain() -> Bool {
        var hasEvents = false
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            // Unsafe only in that C writes into the array, at most its count.
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return hasEvents }
            hasEvents = true
        }
    }
}
