// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// Certificates made by the `openssl` command for one test run, in a directory of their own.
package final class IssuedCertificates: Sendable {
    /// Gone with this value.
    package let directory: URL

    /// Makes an authority, a server certificate for `localhost` and 127.0.0.1, one for `api.example` alone, and a
    /// client certificate.
    ///
    /// - Throws: ``ChildProcess/Failure`` if `openssl` does not make them.
    package init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "sallyport-curl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try authority("ca")
        try authority("other-ca")
        try issue("server", subject: "/CN=localhost", extensions: "subjectAltName=DNS:localhost,IP:127.0.0.1")
        try issue("named", subject: "/CN=api.example", extensions: "subjectAltName=DNS:api.example")
        try issue("client", subject: "/CN=somebody", extensions: "extendedKeyUsage=clientAuth")
    }

    deinit {
        // Left-overs in the temporary directory harm nobody.
        do { try FileManager.default.removeItem(at: directory) } catch {}
    }

    /// Where a file is: `ca`, `other-ca`, `server`, `named` or `client`, with `.pem` or `.key`.
    package func path(_ name: String) -> String { directory.appending(path: name).path }

    /// The content of such a file.
    package func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    private func openssl(_ command: String, _ more: [String]) throws {
        let words = ["openssl"] + command.split(separator: " ").map(String.init) + more
        let log = path("openssl.log")
        let status = try ChildProcess(words, log: log).wait()
        guard status == 0 else { throw ChildProcess.Failure(command: words, log: try text("openssl.log")) }
    }

    private func authority(_ name: String) throws {
        try openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2",
            ["-keyout", path("\(name).key"), "-out", path("\(name).pem"), "-subj", "/CN=\(name)"]
        )
    }

    private func issue(_ name: String, subject: String, extensions: String) throws {
        try openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes",
            ["-keyout", path("\(name).key"), "-out", path("\(name).csr"), "-subj", subject]
        )
        try extensions.write(toFile: path("\(name).ext"), atomically: true, encoding: .utf8)
        try openssl(
            "x509 -req -days 2 -CAcreateserial",
            [
                "-in", path("\(name).csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-out",
                path("\(name).pem"),
                "-extfile", path("\(name).ext"),
            ]
        )
    }
}
