// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

extension ManifestSource {
    /// The manifests at a path: a file, whatever its name is, or all that a folder holds at any depth.
    ///
    /// What cannot be read inside a folder is a source that says so.
    ///
    /// - Throws: ``FolderError`` if there is nothing at the path, or it cannot be read.
    package static func read(at path: String) throws(FolderError) -> [ManifestSource] {
        var isFolder = false
        do {
            let target = URL(filePath: path).resolvingSymlinksInPath().path
            isFolder =
                try FileManager.default.attributesOfItem(atPath: target)[.type] as? FileAttributeType == .typeDirectory
        } catch { throw FolderError(file: path, error) }
        if isFolder {
            var reader = FolderReader(root: path)
            return try reader.scan().changes
        }
        do {
            return [ManifestSource(name: path, bytes: Array(try Data(contentsOf: URL(filePath: path))))]
        } catch { throw FolderError(file: path, error) }
    }

    /// A source whose bytes are known, as those of the standard input are.
    package init(name: String, bytes: [UInt8]) {
        guard bytes.count <= FolderReader.sizeLimit else {
            self.init(
                name: name,
                content: .unreadable("The input is larger than \(FolderReader.sizeLimit) bytes. Split it.")
            )
            return
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            self.init(name: name, content: .unreadable("The input is not UTF-8 text. Check what it is."))
            return
        }
        self.init(name: name, content: .text(text))
    }
}
