// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// nginx with TLS and HTTP/2, which answers with what it saw of the connection.
///
/// A path of `/to/<port>/…` is passed on to a loopback port instead, which finds the TLS version in the field
/// `X-TLS-Protocol`.
package final class SecureServer: Sendable {
    /// Its certificate is for `localhost` and 127.0.0.1.
    package let port: Int
    /// Its certificate is for `api.example` alone.
    package let namedPort: Int
    private let process: ChildProcess

    /// Starts it, and returns once it accepts connections.
    ///
    /// - Throws: ``ChildProcess/Failure`` with its log if it does not.
    package init(_ certificates: IssuedCertificates) throws {
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

    private static func server(_ port: Int, _ certificates: IssuedCertificates, _ name: String) -> String {
        """
        server {
          listen 127.0.0.1:\(port) ssl http2;
          ssl_certificate \(certificates.path("\(name).pem")); ssl_certificate_key \(certificates.path("\(name).key"));
          location ~ ^/to/(?<other>[0-9]+)(?<path>/.*)$ {
            proxy_pass http://127.0.0.1:$other$path$is_args$args;
            proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 600s;
            proxy_set_header Host $http_host; proxy_set_header X-TLS-Protocol $ssl_protocol;
          }
          location / {
            default_type text/plain;
            return 200 "$server_protocol $http_host $ssl_server_name $ssl_client_verify $connection";
          }
        }
        """
    }

    private static func freePort() throws -> Int {
        let (descriptor, port) = try LoopbackSocket.listen(backlog: 1)
        close(descriptor)
        return port
    }

    private static func accepts(_ port: Int) -> Bool {
        guard let descriptor = LoopbackSocket.connect(toPort: port) else { return false }
        close(descriptor)
        return true
    }
}
