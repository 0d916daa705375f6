// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Follows a folder of manifests.
struct FolderFollower {
    /// How changes are noticed.
    struct Pace {
        /// Between two looks at the kernel's events.
        var look = Duration.milliseconds(50)
        /// How long the folder must be quiet before it is read: a file is seldom written in one go.
        var quiet = Duration.milliseconds(100)
        /// The longest a busy folder goes unread.
        var patience = Duration.seconds(2)
        /// When to look at the files without any event.
        var rescan = Duration.seconds(10)
        /// The same where there are no events at all.
        var poll = Duration.milliseconds(500)
    }

    private var reader: FolderReader
    private let pace: Pace
    private let clock: any Clock<Duration>

    /// The reader's first scan must be done.
    init(_ reader: FolderReader, pace: Pace = Pace(), clock: any Clock<Duration>) {
        self.reader = reader
        self.pace = pace
        self.clock = clock
    }

    /// Reports changes until the task is cancelled.
    ///
    /// A folder that can no longer be read is reported as a file that cannot, and what was in it stays.
    mutating func run(_ report: ([ManifestSource]) -> Void) async throws {
        var watch = FolderWatch()
        var isBroken = false
        while true {
            do throws(FolderError) {
                let (changes, folders) = try reader.scan()
                if isBroken { report([ManifestSource(name: reader.root, content: .absent)]) }
                isBroken = false
                if !changes.isEmpty { report(changes) }
                // What came into a new folder before it was watched caused no event.
                if watch?.follow(folders) == true { continue }
            } catch {
                if !isBroken { report([ManifestSource(name: reader.root, content: .unreadable(error.message))]) }
                isBroken = true
            }
            guard !isBroken, watch != nil else {
                try await clock.sleep(for: pace.poll)
                continue
            }
            var waited = Duration.zero
            while watch?.drain() == false, waited < pace.rescan {
                try await clock.sleep(for: pace.look)
                waited += pace.look
            }
            guard waited < pace.rescan else { continue }
            var patience = pace.patience
            repeat {
                try await clock.sleep(for: pace.quiet)
                patience -= pace.quiet
            } while watch?.drain() == true && patience > .zero
        }
    }
}
