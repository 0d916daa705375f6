// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import JSON

/// A file for the programs that meet the enterprise.
package struct DemoFile: Sendable {
    /// Under the folder.
    package let path: String
    /// All that is in it; some hold secrets, so all are treated as if they did.
    package let content: Redacted<String>

    init(_ path: String, _ content: String) {
        self.path = path
        self.content = Redacted(content)
    }

    /// Writes files into a folder, which is made if it is missing and which only its owner can look into.
    ///
    /// - Throws: ``DemoFileError``, with nothing of what they hold.
    package static func write(_ files: [DemoFile], into folder: String) throws(DemoFileError) {
        let manager = FileManager.default
        do {
            for file in files {
                let target = folder + "/" + file.path
                let parent = target.prefix(upTo: target.lastIndex(of: "/") ?? target.startIndex)
                try manager.createDirectory(
                    atPath: String(parent),
                    withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700]
                )
                // A new file gets its mode only after it was made, so it is made empty.
                if manager.fileExists(atPath: target) { try manager.removeItem(atPath: target) }
                let isMade = manager.createFile(
                    atPath: target,
                    contents: nil,
                    attributes: [.posixPermissions: 0o600]
                )
                guard isMade else { throw DemoFileError(folder: folder) }
                try Data(file.content.exposed.utf8).write(to: URL(filePath: target))
            }
        } catch {
            throw DemoFileError(folder: folder)
        }
    }
}

/// A folder that cannot be written to.
package struct DemoFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Its path.
    package var folder: String

    package var description: String {
        "Could not write the manifests into '\(folder)'. Check that it is a folder, or can be made, and is writable."
    }
}
