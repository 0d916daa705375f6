// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CCurl
import HTTPTransport

/// A result of curl's other than success, in the words of the transport.
struct TransferFailure {
    /// A `CURLcode`.
    let result: UInt32
    /// What curl says beyond the code.
    let detail: String
    /// Method and URL without query.
    let subject: String
    /// What the request was to go through.
    let proxy: HTTPProxy?
    /// Whether the request went out on a connection: nothing is sent before curl asks for leave to.
    let wasSent: Bool

    var error: HTTPTransportError {
        let code = code
        return HTTPTransportError(code, "Could not send '\(subject)': \(sentence(for: code))", mayHaveBeenSent: wasSent)
    }

    private var code: HTTPTransportError.Code {
        switch result {
        case CURLE_COULDNT_RESOLVE_HOST.rawValue, CURLE_COULDNT_RESOLVE_PROXY.rawValue: .nameResolution
        case CURLE_COULDNT_CONNECT.rawValue: .connectionFailed
        case CURLE_OPERATION_TIMEDOUT.rawValue: .timedOut
        case CURLE_FILESIZE_EXCEEDED.rawValue: .bodyTooLarge
        case _ where Self.tlsResults.contains(result): .tls
        case CURLE_URL_MALFORMAT.rawValue: .invalidRequest
        // HTTP/0.9, that is no HTTP at all, comes with this code.
        case CURLE_UNSUPPORTED_PROTOCOL.rawValue: wasSent ? .invalidResponse : .invalidRequest
        case CURLE_WEIRD_SERVER_REPLY.rawValue, CURLE_BAD_CONTENT_ENCODING.rawValue:
            .invalidResponse
        // curl has no code of its own for a broken chunk.
        case CURLE_RECV_ERROR.rawValue where detail.contains("chunk"): .invalidResponse
        default: wasSent ? .connectionLost : .connectionFailed
        }
    }

    private func sentence(for code: HTTPTransportError.Code) -> String {
        switch code {
        case .nameResolution: "the name does not resolve (\(quoted)). Check the host name and DNS.\(hint)"
        case .tls:
            "the TLS handshake failed (\(quoted)). Check the certificates, the trusted authorities and the name.\(hint)"
        case .connectionLost:
            "the connection was lost before the answer was complete (\(quoted)). Check the server's log for what it did."
        case .invalidResponse: "the answer is not valid HTTP (\(quoted)). Check what listens there."
        default: "no connection (\(quoted)). Check that the server runs and can be reached.\(hint)"
        }
    }

    /// Where else to look when there is a proxy on the way.
    private var hint: String {
        proxy.map {
            " It goes through the proxy '\($0)' of 'egress.proxy': check that one and what it permits as well."
        } ?? ""
    }

    /// curl's text, cut, and only where it is about names, certificates and sockets: elsewhere it may quote the peer.
    private var quoted: String {
        String(detail.unicodeScalars.map { $0.value < 0x20 ? " " : Character($0) }.prefix(200))
    }

    private static let tlsResults: Set<UInt32> = Set(
        [
            CURLE_SSL_CONNECT_ERROR, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_PEER_FAILED_VERIFICATION, CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT,
        ]
        .map(\.rawValue)
    )

    /// Results whose text speaks of our side or of the connection, never of what the peer wrote.
    static func quotesDetail(_ result: UInt32) -> Bool {
        tlsResults.contains(result)
            || [
                CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_SEND_ERROR,
                CURLE_RECV_ERROR, CURLE_GOT_NOTHING,
            ]
            .map(\.rawValue).contains(result)
    }
}

extension HTTPTransportError {
    static func shutDown(_ subject: String, wasSent: Bool) -> HTTPTransportError {
        HTTPTransportError(
            .shutDown,
            "Could not send '\(subject)': the HTTP transport is shut down. Check why the process is stopping.",
            mayHaveBeenSent: wasSent
        )
    }

    static func invalidRequest(_ subject: String, _ reason: String) -> HTTPTransportError {
        HTTPTransportError(.invalidRequest, "Could not send '\(subject)': \(reason). Check who builds the request.")
    }

    static func bodyTooLarge(_ subject: String, limit: Int) -> HTTPTransportError {
        HTTPTransportError(
            .bodyTooLarge,
            """
            Could not read the response to '\(subject)': its body is larger than \(limit) bytes. \
            Check what the URL serves.
            """,
            mayHaveBeenSent: true
        )
    }

    static func invalidResponse(_ subject: String, _ reason: String) -> HTTPTransportError {
        HTTPTransportError(
            .invalidResponse,
            "Could not read the response to '\(subject)': \(reason). Check what listens there.",
            mayHaveBeenSent: true
        )
    }

    static func addressForbidden(_ subject: String, _ address: IPAddress) -> HTTPTransportError {
        HTTPTransportError(
            .addressForbidden,
            """
            Could not send '\(subject)': the address '\(address)' is not a public one. \
            Check the URL, or allow the network under 'egress.allowPrivate'.
            """
        )
    }

    static func unqualifiedHost(_ subject: String, _ host: String) -> HTTPTransportError {
        HTTPTransportError(
            .addressForbidden,
            """
            Could not send '\(subject)': with 'egress.proxy' set, the address behind '\(host.prefix(100))' cannot be checked, \
            so only a host name with a dot is used. Write the server's full name in the URL.
            """
        )
    }

    static func timedOut(
        _ subject: String,
        _ stage: TransferDeadlines.Stage,
        limit: Duration,
        isQueued: Bool,
        wasSent: Bool
    ) -> HTTPTransportError {
        let seconds = Double(limit.components.seconds) + Double(limit.components.attoseconds) / 1e18
        let place = isQueued ? " while it waited for its turn behind other requests" : ""
        return HTTPTransportError(
            .timedOut,
            """
            Could not send '\(subject)': \(stage.rawValue) took longer than \(seconds) seconds\(place). \
            Check the server's load and the network.
            """,
            mayHaveBeenSent: wasSent
        )
    }
}
