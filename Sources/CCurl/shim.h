// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>
// Swift's Glibc module leaves these out: the event loop waits on epoll and is woken through an eventfd, and the socket
// options for dead peers are TCP's own.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// curl_easy_setopt is variadic, which Swift cannot call: one function for each type of argument, so that a value is
// passed with exactly the width that curl reads back.
static inline CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}
// curl copies the bytes, so the caller's buffer need not outlive the call.
static inline CURLcode ccurl_set_blob(CURL *handle, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(handle, option, &blob);
}
// As many bytes as CURLOPT_POSTFIELDSIZE_LARGE says, copied as well.
static inline CURLcode ccurl_set_body(CURL *handle, const void *bytes) {
    return curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, bytes);
}

// Callbacks pass through the same variadic function; their types are fixed here, so that Swift checks the closures.
typedef size_t (*ccurl_data_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*ccurl_resolver_callback)(void *resolver, void *reserved, void *context);
static inline CURLcode ccurl_set_data_callback(CURL *handle, CURLoption option, ccurl_data_callback callback) {
    return curl_easy_setopt(handle, option, callback);
}
static inline CURLcode ccurl_set_seek_callback(CURL *handle, curl_seek_callback callback) {
    return curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, callback);
}
static inline CURLcode ccurl_set_open_socket_callback(CURL *handle, curl_opensocket_callback callback) {
    return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, callback);
}
static inline CURLcode ccurl_set_prerequest_callback(CURL *handle, curl_prereq_callback callback) {
    return curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, callback);
}
static inline CURLcode ccurl_set_resolver_callback(CURL *handle, ccurl_resolver_callback callback) {
    return curl_easy_setopt(handle, CURLOPT_RESOLVER_START_FUNCTION, callback);
}

// curl_multi_setopt is variadic too.
static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode ccurl_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode ccurl_multi_set_socket_callback(CURLM *multi, curl_socket_callback callback) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
}
static inline CURLMcode ccurl_multi_set_timer_callback(CURLM *multi, curl_multi_timer_callback callback) {
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
}

// The text form of the option came with 7.85 and the number form is deprecated since; older distributions have only that.
static inline CURLcode ccurl_allow_only_http(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
    return curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    return curl_easy_setopt(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

// CURLMsg holds its result in a union, and getinfo is variadic. Returns the context set as CURLOPT_PRIVATE of the next
// finished transfer and its result, or NULL when there is none left.
static inline void *ccurl_next_finished(CURLM *multi, CURLcode *result) {
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(multi, &left))) {
        char *context = 0;
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &context);
        if (context) return context;
    }
    return 0;
}

// The address to dial is a struct sockaddr with room for any family behind it; reading it needs C casts. Copies the
// address in network order and returns its length: 4, 16, or 0 for another family.
static inline int ccurl_copy_address(const struct curl_sockaddr *address, unsigned char *bytes) {
    const void *source;
    int count;
    if (address->family == AF_INET) {
        source = &((const struct sockaddr_in *)&address->addr)->sin_addr;
        count = 4;
    } else if (address->family == AF_INET6) {
        source = &((const struct sockaddr_in6 *)&address->addr)->sin6_addr;
        count = 16;
    } else {
        return 0;
    }
    for (int index = 0; index < count; index++) bytes[index] = ((const unsigned char *)source)[index];
    return count;
}

// SOCK_STREAM's and SOCK_CLOEXEC's types differ between C and Swift, and the socket must not leak into child processes.
static inline curl_socket_t ccurl_open_socket(const struct curl_sockaddr *address) {
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// setsockopt wants a pointer to the value. Returns 0, or -1 with errno set.
static inline int ccurl_set_socket_option(curl_socket_t socket, int level, int option, int value) {
    return setsockopt(socket, level, option, &value, sizeof value);
}

// Casts and negative expressions in these macros are not imported.
static inline size_t ccurl_write_pause(void) { return CURL_WRITEFUNC_PAUSE; }
static inline size_t ccurl_read_pause(void) { return CURL_READFUNC_PAUSE; }
static inline size_t ccurl_read_abort(void) { return CURL_READFUNC_ABORT; }
static inline curl_socket_t ccurl_bad_socket(void) { return CURL_SOCKET_BAD; }
static inline int ccurl_pause_mask(int receiving, int sending) {
    return (receiving ? CURLPAUSE_RECV : CURLPAUSE_RECV_CONT) | (sending ? CURLPAUSE_SEND : CURLPAUSE_SEND_CONT);
}
