// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Text in memory as OpenSSL's readers and printers want it.
@safe struct MemoryBIO: ~Copyable {
    let handle: OpaquePointer  // BIO *

    /// Makes a buffer that holds a copy of `text`, which OpenSSL clears when it frees it.
    init(_ text: String = "") throws(OpenSSLError) {
        let bytes = Array(text.utf8)
        guard let count = Int32(exactly: bytes.count), let handle = unsafe BIO_new(BIO_s_mem()) else {
            throw .last(.unavailable, "Could not hold a text in memory", check: "Check its size and the memory limit.")
        }
        guard unsafe bytes.isEmpty || BIO_write(handle, bytes, count) == count else {
            unsafe BIO_free(handle)
            throw .last(.unavailable, "Could not hold a text in memory", check: "Check its size and the memory limit.")
        }
        unsafe self.handle = handle
    }

    // The result says only whether the pointer was null, which it never is.
    deinit { unsafe BIO_free(handle) }

    /// What is in the buffer.
    borrowing func text() -> String {
        var data: UnsafeMutablePointer<CChar>?
        let count = unsafe copenssl_bio_get_mem_data(handle, &data)
        guard let data = unsafe data, count > 0 else { return "" }
        return unsafe String(decoding: UnsafeRawBufferPointer(start: data, count: count), as: UTF8.self)
    }
}
