// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON

/// A file that holds one secret token, for its owner's eyes only.
struct TokenFile: Sendable {
    /// More than any token; a larger file is something else.
    private static let maximumSize = 16_384
    /// Shorter ones can be guessed.
    private static let minimumLength = 16

    let path: String

    /// The token, without the whitespace around it.
    func read() throws(TokenFileError) -> Redacted<String> {
        let attributes: [FileAttributeKey: Any]
        do { attributes = try FileManager.default.attributesOfItem(atPath: path) } catch let error as CocoaError
            where error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile
        {
            throw TokenFileError(.missing, "Could not read the token file '\(path)': there is no such file.")
        } catch {
            throw TokenFileError(.unreadable, "Could not read the token file '\(path)'. Check its permissions.")
        }
        try checkMode(attributes)
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TokenFileError(.unreadable, "Could not read the token file '\(path)'. Check its permissions.")
        }
        let token = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard token.utf8.count >= Self.minimumLength else {
            throw TokenFileError(
                .unusable,
                """
                Could not use the token file '\(path)': it holds fewer than \(Self.minimumLength) characters. \
                Remove it, and a new one is made.
                """
            )
        }
        return Redacted(token)
    }

    private func checkMode(_ attributes: [FileAttributeKey: Any]) throws(TokenFileError) {
        guard attributes[.type] as? FileAttributeType == .typeRegular, let size = attributes[.size] as? UInt64,
            size <= Self.maximumSize
        else {
            throw TokenFileError(
                .unusable,
                "Could not use the token file '\(path)': it is not a regular file of a token's size. Check the path."
            )
        }
        guard let mode = attributes[.posixPermissions] as? Int, mode & 0o077 == 0 else {
            throw TokenFileError(
                .exposed,
                "Could not use the token file '\(path)': others can read it. Run 'chmod 600 \(path)', or remove it."
            )
        }
    }

    /// Makes the file, with 32 random bytes in hexadecimal; no one but the owner can read it at any moment.
    func create(_ random: inout some RandomNumberGenerator) throws(TokenFileError) {
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let token = bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
        let target = URL(filePath: path)
        // A directory of its own, closed before the file is in it: a file gets its mode only after it was made.
        let room = target.deletingLastPathComponent().appending(path: ".\(UUID().uuidString)")
        let draft = room.appending(path: "token")
        let manager = FileManager.default
        do {
            try manager.createDirectory(at: room, withIntermediateDirectories: true)
            // A directory left behind is empty and harms nobody.
            defer { do { try manager.removeItem(at: room) } catch {} }
            try manager.setAttributes([.posixPermissions: 0o700], ofItemAtPath: room.path)
            try Data((token + "\n").utf8).write(to: draft)
            try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: draft.path)
            try manager.moveItem(at: draft, to: target)
        } catch {
            throw TokenFileError(
                .unwritable,
                "Could not make the token file '\(path)'. Check that its directory exists and is writable."
            )
        }
    }
}

/// Why a token file cannot be used.
package struct TokenFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with it.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// There is none.
        case missing
        /// The system does not let us read it.
        case unreadable
        /// It could not be made.
        case unwritable
        /// Others than its owner can read it.
        case exposed
        /// It holds something that is no token.
        case unusable
    }

    /// What is wrong with it.
    package var code: Code
    /// A full sentence that names the file and says what to do.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
