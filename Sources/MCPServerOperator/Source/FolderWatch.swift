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

    /// Watches a folder, or does nothing if it is watched already.
    ///
    /// - Returns: Whether the folder was not watched before.
    mutating func add(_ folder: String) -> Bool {
        let events =
            IN_CREATE | IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF
            | IN_ATTRIB
        // Unsafe only in that C reads the path: it is a temporary, terminated copy that outlives the call.
        let watch = unsafe inotify_add_watch(descriptor, folder, UInt32(events) | UInt32(IN_ONLYDIR))
        return watch >= 0 && watches.insert(watch).inserted
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
