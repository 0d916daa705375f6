// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON
import TestSupport
import Testing

@testable import RouteService

@Suite("Token file")
struct TokenFileTests {
    private static func withDirectory(_ body: (URL) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "sallyport-token-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { do { try FileManager.default.removeItem(at: directory) } catch {} }
        try await body(directory)
    }

    private static func load(_ file: URL, _ clock: ManualClock = ManualClock()) throws -> TokenFileAuthenticator {
        try TokenFileAuthenticator.loadOrCreate(path: file.path, clock: clock, logger: RecordingLog().logger())
    }

    private static func set(_ text: String, mode: Int = 0o600, _ file: URL) throws {
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }

    @Test("A missing file is made with 64 digits that only its owner can read, and used from then on")
    func create() async throws {
        try await Self.withDirectory { directory in
            let file = directory.appending(path: "deeper/token")
            let made = try Self.load(file)
            let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(text.count == 65 && text.dropLast().allSatisfy(\.isHexDigit))
            #expect(made.token.exposed == String(text.dropLast()))
            #expect(try Self.load(file).token == made.token)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: directory.appending(path: "deeper").path) == [
                    "token"
                ]
            )
            #expect(try Self.load(directory.appending(path: "other")).token != made.token)
        }
    }

    @Test("A file that others can read is refused", arguments: [0o644, 0o640, 0o604, 0o620, 0o606])
    func exposed(mode: Int) async throws {
        try await Self.withDirectory { directory in
            let file = directory.appending(path: "token")
            try Self.set("0123456789abcdef", mode: mode, file)
            let error = #expect(throws: TokenFileError.self) { try Self.load(file) }
            #expect(error?.code == .exposed)
            #expect(error?.message.contains("chmod 600") == true)
        }
    }

    @Test("A file without a token is refused and left alone")
    func short() async throws {
        try await Self.withDirectory { directory in
            let file = directory.appending(path: "token")
            try Self.set("canary\n", file)
            let error = #expect(throws: TokenFileError.self) { try Self.load(file) }
            #expect(error?.code == .unusable)
            #expect(error?.message.contains("canary") == false)
            #expect(try String(contentsOf: file, encoding: .utf8) == "canary\n")
        }
    }

    @Test("Only the content of the file is let in, and a changed one within a minute")
    func rotation() async throws {
        try await Self.withDirectory { directory in
            let file = directory.appending(path: "token")
            try Self.set("the-first-token-1\n", file)
            let clock = ManualClock()
            let authenticator = try Self.load(file, clock)
            #expect(try await authenticator.authenticate(Redacted("the-first-token-1")).name == "token file")
            for wrong in ["the-first-token-2", "the-first-token-", "the-first-token-11", "x"] {
                let error = await #expect(throws: ReaderRefusal.self) {
                    _ = try await authenticator.authenticate(Redacted(wrong))
                }
                #expect(error?.code == .invalidToken)
            }
            try Self.set("the-second-token-1", file)
            clock.advance(by: .seconds(60))
            _ = try await authenticator.authenticate(Redacted("the-second-token-1"))
            await #expect(throws: ReaderRefusal.self) {
                _ = try await authenticator.authenticate(Redacted("the-first-token-1"))
            }
            try FileManager.default.removeItem(at: file)
            clock.advance(by: .seconds(60))
            _ = try await authenticator.authenticate(Redacted("the-second-token-1"))
        }
    }

    @Test("Comparing looks at every byte")
    func comparison() {
        #expect(TokenFileAuthenticator.areEqual([1, 2, 3], [1, 2, 3]))
        #expect(!TokenFileAuthenticator.areEqual([1, 2, 3], [0, 2, 3]))
        #expect(!TokenFileAuthenticator.areEqual([1, 2, 3], [1, 2, 2]))
        #expect(!TokenFileAuthenticator.areEqual([1, 2, 3], [1, 2]))
        // Differences that cancel each other out by addition or exclusive or alone.
        #expect(!TokenFileAuthenticator.areEqual([1, 2], [2, 1]))
    }
}
