// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Finds the manifests of a folder and reads those that may have changed.
struct FolderReader {
    /// A file larger than this is not read, in bytes.
    static let sizeLimit = 8 << 20

    /// What tells one content of a file from another without reading it.
    private struct Signature: Hashable {
        var inode: UInt64
        var size: UInt64
        var modified: Date
    }
    /// The folder, without a slash at its end.
    let root: String
    private var known: [String: Signature] = [:]
    /// Files and folders that could not be read at the last scan.
    private var unreadable: Set<String> = []

    init(root: String) {
        var root = root
        while root.count > 1, root.hasSuffix("/") { root.removeLast() }
        self.root = root
    }

    /// The files that are new, changed or gone since the last scan, in the order of their names.
    ///
    /// Hidden files and folders are left out, as are folders reached by a symbolic link.
    ///
    /// - Returns: The changes, and every folder that was looked at.
    /// - Throws: ``FolderError`` if the folder itself cannot be read.
    mutating func scan() throws(FolderError) -> (changes: [ManifestSource], folders: [String]) {
        var folders = [root]
        var found: [String: Signature] = [:]
        var changes: [ManifestSource] = []
        var position = 0
        while position < folders.count {
            let folder = folders[position]
            position += 1
            do {
                for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
                    look(at: name, in: folder, &folders, &found)
                }
                if unreadable.remove(folder) != nil { changes.append(ManifestSource(name: folder, content: .absent)) }
            } catch {
                guard folder != root else { throw FolderError(root, error) }
                unreadable.insert(folder)
                // What was read of it before still holds.
                for (path, signature) in known where path.hasPrefix(folder + "/") { found[path] = signature }
                changes.append(ManifestSource(name: folder, content: .unreadable(FolderError(folder, error).message)))
            }
        }
        for path in found.keys.sorted() where known[path] != found[path] || unreadable.contains(path) {
            changes.append(read(path, &found))
        }
        let vanished = known.keys.sorted().filter { path in
            found[path] == nil && !changes.contains { $0.name == path }
        }
        if !vanished.isEmpty { try checkRoot() }
        for path in vanished {
            unreadable.remove(path)
            changes.append(ManifestSource(name: path, content: .absent))
        }
        known = found
        return (changes, folders)
    }

    /// The files of a folder that is taken away after it was listed are not deleted: the whole folder is gone.
    private func checkRoot() throws(FolderError) {
        do { _ = try FileManager.default.contentsOfDirectory(atPath: root) } catch { throw FolderError(root, error) }
    }

    private func look(
        at name: String,
        in folder: String,
        _ folders: inout [String],
        _ found: inout [String: Signature]
    ) {
        guard !name.hasPrefix(".") else { return }
        let path = folder + "/" + name
        if Self.type(of: path) == .typeDirectory {
            folders.append(path)
        } else if Self.isManifest(name), let signature = Self.signature(of: path) {
            found[path] = signature
        }
    }

    private mutating func read(_ path: String, _ found: inout [String: Signature]) -> ManifestSource {
        guard let size = found[path]?.size, size <= UInt64(Self.sizeLimit) else {
            return ManifestSource(
                name: path,
                content: .unreadable("The file is larger than \(Self.sizeLimit) bytes. Split it.")
            )
        }
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            unreadable.remove(path)
            // Written to while it was read: the next scan must not take it for unchanged.
            if Self.signature(of: path) != found[path] { found[path]?.size = .max }
            guard let text = String(validating: data, as: UTF8.self) else {
                return ManifestSource(name: path, content: .unreadable("The file is not UTF-8 text. Check what it is."))
            }
            return ManifestSource(name: path, content: .text(text))
        } catch {
            unreadable.insert(path)
            return ManifestSource(name: path, content: .unreadable(FolderError(file: path, error).message))
        }
    }

    private static func isManifest(_ name: String) -> Bool {
        [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
    }

    /// The type of what is at `path`, a symbolic link being one; `nil` if it has vanished.
    private static func type(of path: String) -> FileAttributeType? {
        do { return try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType } catch {
            return nil
        }
    }

    /// Of the file that is at `path` or that a link there leads to; `nil` for anything but a file.
    private static func signature(of path: String) -> Signature? {
        do {
            let target = URL(filePath: path).resolvingSymlinksInPath().path
            let attributes = try FileManager.default.attributesOfItem(atPath: target)
            guard attributes[.type] as? FileAttributeType == .typeRegular else { return nil }
            return Signature(
                inode: integer(attributes[.systemFileNumber]),
                size: integer(attributes[.size]),
                modified: attributes[.modificationDate] as? Date ?? .distantPast
            )
        } catch {
            // It has vanished since the folder was listed.
            return nil
        }
    }

    /// An attribute in whichever type of integer it comes.
    private static func integer(_ attribute: Any?) -> UInt64 {
        switch attribute {
        case let value as UInt64: value
        case let value as any BinaryInteger: UInt64(clamping: value)
        default: 0
        }
    }
}

/// A folder of manifests that cannot be used.
package struct FolderError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was attempted, and what to check.
    package var message: String

    init(_ folder: String, _ error: any Error) {
        message = "Could not read the folder '\(folder)': \(Self.reason(error)). Check the path and its permissions."
    }

    init(file: String, _ error: any Error) {
        message = "Could not read the file '\(file)': \(Self.reason(error)). Check its permissions."
    }

    package var description: String { message }

    private static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile?, .fileNoSuchFile?: "it does not exist"
        case .fileReadNoPermission?: "permission denied"
        default: "it is not readable"
        }
    }
}
