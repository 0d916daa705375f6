// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CCurl
import HTTPTransport

/// One of curl's transfer handles.
///
/// Used by the loop thread alone.
@safe final class EasyHandle {
    /// curl's `CURL *`.
    let pointer: UnsafeMutableRawPointer
    // curl keeps a pointer to this for as long as the handle lives.
    private let errorText: UnsafeMutablePointer<CChar>
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var connectTo: UnsafeMutablePointer<curl_slist>?

    /// An option that curl does not take: it was built without it, or memory ran out.
    struct OptionError: Error {
        var option: UInt32
        var result: UInt32
    }

    init?() {
        guard let pointer = unsafe curl_easy_init() else { return nil }
        unsafe self.pointer = pointer
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        unsafe curl_easy_cleanup(pointer)
        unsafe curl_slist_free_all(headers)
        unsafe curl_slist_free_all(connectTo)
        unsafe errorText.deallocate()
    }

    /// Forgets every option, so that nothing of one request reaches the next.
    func reset() {
        unsafe curl_easy_reset(pointer)
        unsafe curl_slist_free_all(headers)
        unsafe headers = nil
        unsafe curl_slist_free_all(connectTo)
        unsafe connectTo = nil
        unsafe errorText[0] = 0
    }

    func set(_ option: CURLoption, _ value: Int) throws(OptionError) {
        try check(option, unsafe ccurl_set_long(pointer, option, value))
    }

    func set(_ option: CURLoption, offset value: Int) throws(OptionError) {
        try check(option, unsafe ccurl_set_offset(pointer, option, curl_off_t(value)))
    }

    func set(_ option: CURLoption, _ value: String?) throws(OptionError) {
        try check(option, unsafe ccurl_set_string(pointer, option, value))
    }

    func set(_ option: CURLoption, blob text: String) throws(OptionError) {
        var text = text
        let result = text.withUTF8 { bytes in unsafe ccurl_set_blob(pointer, option, bytes.baseAddress, bytes.count) }
        try check(option, result)
    }

    func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) throws(OptionError) {
        try check(option, unsafe ccurl_set_pointer(pointer, option, value))
    }

    /// Keeps curl's last words where ``errorDetail`` finds them.
    func collectErrors() throws(OptionError) { unsafe try set(CURLOPT_ERRORBUFFER, UnsafeMutableRawPointer(errorText)) }

    func setHeaders(_ lines: [String]) throws(OptionError) {
        for line in lines { unsafe headers = try Self.append(line, to: headers) }
        try check(CURLOPT_HTTPHEADER, unsafe ccurl_set_list(pointer, CURLOPT_HTTPHEADER, headers))
    }

    /// A body that goes out together with the head; curl copies it.
    func setBody(_ bytes: [UInt8]) throws(OptionError) {
        try set(CURLOPT_POSTFIELDSIZE_LARGE, offset: bytes.count)
        let result = unsafe bytes.withUnsafeBytes { bytes in unsafe ccurl_set_body(pointer, bytes.baseAddress) }
        try check(CURLOPT_COPYPOSTFIELDS, result)
    }

    func setConnectTo(_ rule: String) throws(OptionError) {
        unsafe connectTo = try Self.append(rule, to: connectTo)
        try check(CURLOPT_CONNECT_TO, unsafe ccurl_set_list(pointer, CURLOPT_CONNECT_TO, connectTo))
    }

    /// What curl says about its last failure.
    func errorDetail(_ result: CURLcode) -> String {
        if TransferFailure.quotesDetail(result.rawValue), unsafe errorText[0] != 0 {
            return unsafe String(cString: errorText)
        }
        return unsafe String(cString: curl_easy_strerror(result))
    }

    func check(_ option: CURLoption, _ result: CURLcode) throws(OptionError) {
        guard result == CURLE_OK else { throw OptionError(option: option.rawValue, result: result.rawValue) }
    }

    private static func append(
        _ line: String,
        to list: UnsafeMutablePointer<curl_slist>?
    ) throws(OptionError) -> UnsafeMutablePointer<curl_slist> {
        guard let longer = unsafe curl_slist_append(list, line) else {
            throw OptionError(option: CURLOPT_HTTPHEADER.rawValue, result: CURLE_OUT_OF_MEMORY.rawValue)
        }
        return unsafe longer
    }
}
