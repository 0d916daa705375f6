// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import KubernetesClient
import Testing

@Suite("File reader")
struct FileReaderTests {
    /// Makes a directory that is gone after the test.
    static func inDirectory(_ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: directory) } }
        try body(directory.path)
    }

    @Test("A file is read through symbolic links, as a projected volume has them")
    func links() throws {
        try Self.inDirectory { directory in
            let target = URL(filePath: "\(directory)/..2026/token")
            try FileManager.default.createDirectory(
                at: URL(filePath: "\(directory)/..2026"),
                withIntermediateDirectories: true
            )
            try Data("é\n".utf8).write(to: target)
            try FileManager.default.createSymbolicLink(atPath: "\(directory)/..data", withDestinationPath: "..2026")
            try FileManager.default.createSymbolicLink(
                atPath: "\(directory)/token",
                withDestinationPath: "..data/token"
            )
            #expect(try FileReader.system.text(of: "\(directory)/token") == "é\n")
        }
    }

    @Test("A missing file is told apart from one that cannot be read")
    func failures() throws {
        try Self.inDirectory { directory in
            let missing = try #require(throws: FileReadingError.self) {
                try FileReader.system.bytes(of: "\(directory)/gone")
            }
            #expect(missing.isMissing)
            let folder = try #require(throws: FileReadingError.self) { try FileReader.system.bytes(of: directory) }
            #expect(!folder.isMissing)
            try Data([0xFF, 0xFE]).write(to: URL(filePath: "\(directory)/binary"))
            let binary = try #require(throws: FileReadingError.self) {
                try FileReader.system.text(of: "\(directory)/binary")
            }
            #expect(binary.reason == "it is not UTF-8 text")
        }
    }
}
