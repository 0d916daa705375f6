// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTransport

/// What ties a request to the trace it is part of: [W3C Trace Context](https://www.w3.org/TR/trace-context/).
///
/// The gateway makes no spans of its own, so it passes the caller's context on as it came.
enum TraceContext {
    static let parent = "traceparent"
    static let state = "tracestate"

    /// Whether a client's context may be passed on; one whose parent cannot be read is dropped whole
    /// ([§4.3](https://www.w3.org/TR/trace-context/#a-traceparent-is-not-received)).
    static func isUsable(_ client: HTTPHeaders) -> Bool {
        let parents = client.values(of: parent)
        guard parents.count == 1, let value = parents.first else { return false }
        return isParent(value)
    }

    /// `version-trace-parent-flags` in lower-case hexadecimal; later versions may have more behind it.
    private static func isParent(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count >= 4, zip(parts, [2, 32, 16, 2]).allSatisfy({ $0.count == $1 && $0.allSatisfy(isDigit) })
        else { return false }
        let isFirstVersion = parts[0].elementsEqual("00".utf8)
        return !parts[0].elementsEqual("ff".utf8) && (!isFirstVersion || parts.count == 4) && !isZero(parts[1])
            && !isZero(parts[2])
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func isZero(_ part: Substring.UTF8View) -> Bool { part.allSatisfy { $0 == UInt8(ascii: "0") } }
}
