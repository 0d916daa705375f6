// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// nginx with TLS and HTTP/2, which answers with what it saw of the connection.
final class SecureServer: Sendable {
    /// Its certificate is for `localhost` and 127.0.0.1.
    let port: Int
    /// Its certificate is for `api.example` alone.
    let namedPort: Int
    private let process: ChildProcess

    init(_ certificates: TestCertificates) throws {
        let directory = certificates.directory.appending(path: "nginx-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        port = try Self.freePort()
        namedPort = try Self.freePort()
        let settings = """
            daemon off; master_process off; pid \(directory.path)/pid; error_log \(directory.path)/error.log;
            events { worker_connections 1024; }
            http {
              access_log off; client_body_temp_path \(directory.path)/body; keepalive_requests 1000000;
              proxy_temp_path \(directory.path)/proxy; fastcgi_temp_path \(directory.path)/fastcgi;
              uwsgi_temp_path \(directory.path)/uwsgi; scgi_temp_path \(directory.path)/scgi;
              ssl_client_certificate \(certificates.path("ca.pem")); ssl_verify_client optional;
              \(Self.server(port, certificates, "server"))
              \(Self.server(namedPort, certificates, "named"))
            }
            """
        let file = directory.appending(path: "nginx.conf")
        try settings.write(to: file, atomically: true, encoding: .utf8)
        let log = directory.appending(path: "error.log").path
        let command = ["env", "PATH=/usr/sbin:/usr/bin:/bin", "nginx", "-p", directory.path, "-c", file.path]
        process = try ChildProcess(command, log: log)
        let deadline = ContinuousClock.now + .seconds(120)
        while !(Self.accepts(port) && Self.accepts(namedPort)) {
            guard ContinuousClock.now < deadline else {
                throw ChildProcess.Failure(command: command, log: try String(contentsOfFile: log, encoding: .utf8))
            }
            usleep(5_000)
        }
    }

    deinit { process.terminate() }

    private static func server(_ port: Int, _ certificates: TestCertificates, _ name: String) -> String {
        """
        server {
          listen 127.0.0.1:\(port) ssl http2;
          ssl_certificate \(certificates.path("\(name).pem")); ssl_certificate_key \(certificates.path("\(name).key"));
          location /relay { proxy_pass http://127.0.0.1:$arg_port; }
          location / {
            default_type text/plain;
            return 200 "$server_protocol $http_host $ssl_server_name $ssl_client_verify $connection";
          }
        }
        """
    }

    private static func freePort() throws -> Int {
        let (descriptor, port) = try SocketServer.listen(backlog: 1)
        close(descriptor)
        return port
    }

    private static func accepts(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
