// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Certificates and keys made by the `openssl` program, thrown away at the end.
struct Workshop {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("sallyport-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Runs the program, which must succeed, and returns its output.
    @discardableResult
    func openssl(_ arguments: String...) throws -> String {
        let (status, output) = try run(arguments)
        try #require(status == 0, "openssl \(arguments)")
        return output
    }

    /// Runs the program and returns its exit status and its output, that of errors left out.
    func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = folder
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    /// Makes `name.crt`, valid for 30 days, and `name.key`.
    func makeCertificate(_ name: String, subject: String) throws {
        try openssl(
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
            "-utf8",
            "-subj",
            subject,
            "-keyout",
            "\(name).key",
            "-out",
            "\(name).crt"
        )
    }

    func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }

    func remove() throws { try FileManager.default.removeItem(at: folder) }
}
