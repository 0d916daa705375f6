// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Reads the small files that a configuration names.
package struct FileReader: Sendable {
    private let readFile: @Sendable (String) throws(FileReadingError) -> [UInt8]

    /// - Parameter readFile: Returns the content of the file at a path.
    package init(_ readFile: @escaping @Sendable (String) throws(FileReadingError) -> [UInt8]) {
        self.readFile = readFile
    }

    /// The whole content of a file.
    package func bytes(of path: String) throws(FileReadingError) -> [UInt8] { try readFile(path) }

    /// The whole content of a file as text.
    package func text(of path: String) throws(FileReadingError) -> String {
        guard let text = String(validating: try bytes(of: path), as: UTF8.self) else {
            throw FileReadingError(path: path, reason: "it is not UTF-8 text", isMissing: false)
        }
        return text
    }

    /// The largest file read, in bytes: more than any configuration, token or bundle of certificates.
    package static let maximumSize = 16 << 20

    /// Reads the machine's files.
    package static let system = FileReader { path throws(FileReadingError) in
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            if let size = attributes[.size] as? UInt64, size > maximumSize {
                throw FileReadingError(
                    path: path,
                    reason: "it is larger than \(maximumSize) bytes",
                    isMissing: false
                )
            }
            return Array(try Data(contentsOf: URL(filePath: path)))
        } catch let error as FileReadingError {
            throw error
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile {
            throw FileReadingError(path: path, reason: "there is no such file", isMissing: true)
        } catch {
            throw FileReadingError(path: path, reason: "it cannot be read", isMissing: false)
        }
    }
}

/// A file that could not be read.
package struct FileReadingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// As it was asked for, not resolved.
    package var path: String
    /// As a clause about the file.
    package var reason: String
    /// Told apart because a missing default file is no error.
    package var isMissing: Bool

    package init(path: String, reason: String, isMissing: Bool) {
        self.path = path
        self.reason = reason
        self.isMissing = isMissing
    }

    package var description: String {
        "Could not read '\(path)': \(reason). Check the path and the permissions of the file."
    }
}
