// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import CCurl
import HTTPTransport

extension ActiveTransfer {
    /// Sets every option of this transfer on a fresh handle.
    func configure(_ easy: EasyHandle, isMultiplexed: Bool) throws(EasyHandle.OptionError) {
        try configureTarget(easy, isMultiplexed: isMultiplexed)
        try configureTrust(easy)
        try configureBody(easy)
        try configureCallbacks(easy)
    }

    private func configureTarget(_ easy: EasyHandle, isMultiplexed: Bool) throws(EasyHandle.OptionError) {
        let request = transfer.request
        try easy.collectErrors()
        try easy.set(CURLOPT_URL, request.target.url)
        try easy.check(CURLOPT_PROTOCOLS, unsafe ccurl_allow_only_http(easy.pointer))
        // What was checked is what is sent: no shortening of `..`, no other place by redirect, proxy or environment.
        try easy.set(CURLOPT_PATH_AS_IS, 1)
        try easy.set(CURLOPT_FOLLOWLOCATION, 0)
        try configureProxy(easy)
        // Signals belong to the process, and the loop's thread blocks them all.
        try easy.set(CURLOPT_NOSIGNAL, 1)
        try easy.set(CURLOPT_DNS_CACHE_TIMEOUT, 30)
        // curl divides this among several addresses of one name. Our own deadline is the one that counts.
        try easy.set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(request.deadlines.connect))
        // Never without TLS: curl 7.88 breaks reused connections of cleartext HTTP/2.
        try easy.set(
            CURLOPT_HTTP_VERSION,
            Int((isMultiplexed ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1))
        )
        if isMultiplexed { try easy.set(CURLOPT_PIPEWAIT, 1) }
        if let rule = request.target.connectTo { try easy.setConnectTo(rule) }
        try easy.setHeaders(request.headerLines)
    }

    private func configureProxy(_ easy: EasyHandle) throws(EasyHandle.OptionError) {
        // An empty text keeps the environment's proxies out, where no text at all would let them in.
        guard let proxy = transfer.request.target.proxy else { return try easy.set(CURLOPT_PROXY, "") }
        try easy.set(CURLOPT_PROXY, proxy.description)
        try easy.set(CURLOPT_NOPROXY, "")
        // What a caller's fields hold is for the server at the end of the tunnel, and what a proxy says about the tunnel
        // is no answer to the caller.
        try easy.set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
        try easy.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    }

    private func configureTrust(_ easy: EasyHandle) throws(EasyHandle.OptionError) {
        let configuration = transfer.rules.configuration
        switch configuration.trust {
        case .system: break
        case .authorities(let pem):
            // The built-in directory stays in force beside a bundle unless it is taken away.
            try easy.set(CURLOPT_CAPATH, nil as String?)
            try easy.set(CURLOPT_CAINFO, nil as String?)
            try easy.set(CURLOPT_CAINFO_BLOB, blob: pem)
        case .insecure:
            try easy.set(CURLOPT_SSL_VERIFYPEER, 0)
            try easy.set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let identity = configuration.identity {
            try easy.set(CURLOPT_SSLCERT_BLOB, blob: identity.certificateChain)
            try easy.set(CURLOPT_SSLKEY_BLOB, blob: identity.privateKey)
        }
    }

    private func configureBody(_ easy: EasyHandle) throws(EasyHandle.OptionError) {
        let request = transfer.request
        if let body = request.shortBody {
            try easy.setBody(body)
            return try easy.set(CURLOPT_CUSTOMREQUEST, request.method)
        }
        guard let upload = transfer.upload else {
            if request.method == "HEAD" {
                try easy.set(CURLOPT_NOBODY, 1)
            } else if request.method != "GET" {
                try easy.set(CURLOPT_CUSTOMREQUEST, request.method)
            }
            return
        }
        // An upload with another method's name: curl then adds no field of its own beyond the framing.
        try easy.set(CURLOPT_UPLOAD, 1)
        try easy.set(CURLOPT_CUSTOMREQUEST, request.method)
        try easy.set(CURLOPT_INFILESIZE_LARGE, offset: upload.length ?? -1)
        // The smallest curl takes: bodies are small, and every handle keeps its buffer.
        try easy.set(CURLOPT_UPLOAD_BUFFERSIZE, 16 * 1024)
    }

    private func configureCallbacks(_ easy: EasyHandle) throws(EasyHandle.OptionError) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        for option in [
            CURLOPT_PRIVATE, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA,
            CURLOPT_OPENSOCKETDATA, CURLOPT_PREREQDATA, CURLOPT_RESOLVER_START_DATA,
        ] {
            unsafe try easy.set(option, context)
        }
        let handle = unsafe easy.pointer
        let results: [(CURLoption, CURLcode)] = [
            (
                CURLOPT_WRITEFUNCTION,
                unsafe ccurl_set_data_callback(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                    guard let active = unsafe ActiveTransfer.from(context) else { return 0 }
                    return unsafe active.receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
                }
            ),
            (
                CURLOPT_HEADERFUNCTION,
                unsafe ccurl_set_data_callback(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                    guard let active = unsafe ActiveTransfer.from(context) else { return 0 }
                    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
                    return unsafe active.receiveHeader(line) ? line.count : 0
                }
            ),
            (
                CURLOPT_READFUNCTION,
                unsafe ccurl_set_data_callback(handle, CURLOPT_READFUNCTION) { bytes, size, count, context in
                    guard let active = unsafe ActiveTransfer.from(context) else { return ccurl_read_abort() }
                    return unsafe active.sendBody(
                        into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
                    )
                }
            ),
            (
                CURLOPT_OPENSOCKETFUNCTION,
                unsafe ccurl_set_open_socket_callback(handle) { context, _, address in
                    guard let active = unsafe ActiveTransfer.from(context), let address = unsafe address else {
                        return ccurl_bad_socket()
                    }
                    return unsafe active.openSocket(address)
                }
            ),
            (
                CURLOPT_PREREQFUNCTION,
                unsafe ccurl_set_prerequest_callback(handle) { context, _, _, _, _ in
                    guard let active = unsafe ActiveTransfer.from(context), active.permitSending() else {
                        return Int32(CURL_PREREQFUNC_ABORT)
                    }
                    return Int32(CURL_PREREQFUNC_OK)
                }
            ),
            (
                CURLOPT_RESOLVER_START_FUNCTION,
                unsafe ccurl_set_resolver_callback(handle) { _, _, context in
                    unsafe ActiveTransfer.from(context)?.resolving()
                    return 0
                }
            ),
        ]
        for (option, result) in results { try easy.check(option, result) }
        // Without this function curl cannot start a body again, so a lost connection surfaces as an error.
        guard transfer.request.mayBeResent else { return }
        let result = unsafe ccurl_set_seek_callback(handle) { context, offset, _ in
            guard offset == 0, let upload = unsafe ActiveTransfer.from(context)?.transfer.upload, upload.rewind() else {
                return Int32(CURL_SEEKFUNC_FAIL)
            }
            return Int32(CURL_SEEKFUNC_OK)
        }
        try easy.check(CURLOPT_SEEKFUNCTION, result)
    }

    /// The transfer behind a callback's context: the table of transfers keeps it alive while curl knows it.
    private static func from(_ context: UnsafeMutableRawPointer?) -> ActiveTransfer? {
        guard let context = unsafe context else { return nil }
        return unsafe Unmanaged<ActiveTransfer>.fromOpaque(context).takeUnretainedValue()
    }

    private static func milliseconds(_ duration: Duration) -> Int {
        Int(max(1, min(duration / .milliseconds(1), 86_400_000)))
    }
}
