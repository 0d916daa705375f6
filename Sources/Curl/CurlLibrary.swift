// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CCurl
import HTTPTransport

/// The library's own start, once for the process.
enum CurlLibrary {
    // A constant computed once: before curl 7.84 two threads must not initialise the library together.
    private static let result = curl_global_init(Int(CURL_GLOBAL_SSL)).rawValue

    static func initialize() throws(HTTPTransportError) {
        guard result == CURLE_OK.rawValue else {
            throw HTTPTransportError(
                .connectionFailed,
                "Could not start libcurl: it returned \(result). Check the installed libcurl and OpenSSL."
            )
        }
    }
}
