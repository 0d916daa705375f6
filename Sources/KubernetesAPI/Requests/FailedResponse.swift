// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTransport
package import JSON

/// Turns the answer to a failed request into an ``APIError``.
///
/// Proxies and a server that is shutting down answer in HTML or plain text, so the body is read as a `Status` only when
/// it is one; otherwise the HTTP status stands alone, with the body's first words if it is text.
package enum FailedResponse {
    /// The most of a failed response's body worth reading, in bytes.
    package static let maximumBody = 256 << 10

    /// Whether a status means that the request was carried out.
    package static func isSuccess(_ status: Int) -> Bool { (200...206).contains(status) }

    /// The error that an answer stands for; `body` is `nil` if it could not be read.
    package static func error(
        for request: APIRequest,
        status: Int,
        headers: HTTPHeaders,
        body: [UInt8]?
    ) -> APIError {
        let contentType = (headers["Content-Type"] ?? "").lowercased()
        guard let body, !body.isEmpty else {
            return APIError(request: request, httpStatus: status, headers: headers, status: nil)
        }
        if contentType.isEmpty || contentType.contains("json"), let reported = failure(in: body) {
            return APIError(request: request, httpStatus: status, headers: headers, status: reported)
        }
        let text = contentType.hasPrefix("text/") ? String(decoding: body.prefix(2_048), as: UTF8.self) : ""
        return APIError(request: request, httpStatus: status, headers: headers, status: nil, text: text)
    }

    /// A body that is no failure `Status` says nothing more than the HTTP status did, so why it is none is not kept.
    private static func failure(in body: [UInt8]) -> Status? {
        do throws(JSONSyntaxError) {
            let json = try JSONValue(parsing: body)
            return failure(in: json)
        } catch {
            return nil
        }
    }

    /// The failure that a body reports in place of an object, whatever its HTTP status.
    package static func failure(in json: JSONValue) -> Status? {
        guard Status.isStatus(json) else { return nil }
        do throws(JSONDecodingError) {
            let status = try Status(json: json)
            return status.isFailure ? status : nil
        } catch {
            return nil
        }
    }
}
