// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import InboundHTTP
import JSON
import RouteService

/// A self-signed certificate for 127.0.0.1, made by the `openssl` command.
struct TestCertificate: Sendable {
    let certificate: String
    let key: String

    init(commonName: String) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "sallyport-route-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        // Left-overs in the temporary directory harm nobody.
        defer { do { try FileManager.default.removeItem(at: directory) } catch {} }
        let certificatePath = directory.appending(path: "certificate.pem").path
        let keyPath = directory.appending(path: "key.pem").path
        let words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        try Self.run(
            words.split(separator: " ").map(String.init)
                + ["-keyout", keyPath, "-out", certificatePath, "-subj", "/CN=\(commonName)"]
                + ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"],
            log: directory.appending(path: "log").path
        )
        certificate = try String(contentsOfFile: certificatePath, encoding: .utf8)
        key = try String(contentsOfFile: keyPath, encoding: .utf8)
    }

    init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    func identity(generation: UInt64) -> ServingIdentity {
        ServingIdentity(
            generation: generation,
            certificateChain: Redacted(Array(certificate.utf8)),
            privateKey: Redacted(Array(key.utf8))
        )
    }

    private struct Failure: Error {
        var status: Int32
    }

    private static func run(_ command: [String], log: String) throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var arguments = unsafe command.map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
        var child = pid_t()
        let result = unsafe posix_spawnp(&child, command[0], &actions, nil, &arguments, environ)
        guard result == 0 else { throw Failure(status: result) }
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else { throw Failure(status: status) }
    }
}
