// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

/// Certificates and keys made for these tests and used nowhere else.
enum TestCertificates {
    static let one = """
        -----BEGIN CERTIFICATE-----
        MIIBfDCCASOgAwIBAgIUFELDDMPisxU0VPzbSsCnAAvVPbUwCgYIKoZIzj0EAwIw
        EzERMA8GA1UEAwwIdGVzdCBvbmUwIBcNMjYxMTIzMDkzMjUzWhgPMjEyNjEwMzAw
        OTMyNTNaMBMxETAPBgNVBAMMCHRlc3Qgb25lMFkwEwYHKoZIzj0CAQYIKoZIzj0D
        AQcDQgAEW5uaHmTwPxqz8Tpay4T179Da1iA0r7ZOBPaaNJnxE2y4hGO9KhGSaw5g
        AUadQWbvKske+GS1+x6qXklsUK6+oqNTMFEwHQYDVR0OBBYEFIoM28z7Uy2OeZom
        X7KtzZHRrZgQMB8GA1UdIwQYMBaAFIoM28z7Uy2OeZomX7KtzZHRrZgQMA8GA1Ud
        EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgTIXE77M+K1QS3UmMQA16iMlI
        /7YFCFVAhfwD9CzlFYgCIHiRRkEpmJbsRphKfp1knul9QoPBXK95bLQSG0TnvgMB
        -----END CERTIFICATE-----
        """

    static let oneKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgrpyRegvwd+IUjWwG
        9lTHOLeWUdKDWRdanH47wNVgVsehRANCAARbm5oeZPA/GrPxOlrLhPXv0NrWIDSv
        tk4E9po0mfETbLiEY70qEZJrDmABRp1BZu8qyR74ZLX7HqpeSWxQrr6i
        -----END PRIVATE KEY-----
        """

    static let two = """
        -----BEGIN CERTIFICATE-----
        MIIBfTCCASOgAwIBAgIUUgr8E+CUoOjqZH2zoNCPtrZCiuwwCgYIKoZIzj0EAwIw
        EzERMA8GA1UEAwwIdGVzdCB0d28wIBcNMjYxMTIzMDkzMjUzWhgPMjEyNjEwMzAw
        OTMyNTNaMBMxETAPBgNVBAMMCHRlc3QgdHdvMFkwEwYHKoZIzj0CAQYIKoZIzj0D
        AQcDQgAE2PX1pkue7bpnvkyQISPcI2prg+gftK3wIEvjbt4ZFRwE/3Zc1aQRqLGJ
        UHcssdbdTQwiNFSg1JirLYALWAZbgKNTMFEwHQYDVR0OBBYEFDPuuVsvMJ58mc3/
        WWWjxY00+j+GMB8GA1UdIwQYMBaAFDPuuVsvMJ58mc3/WWWjxY00+j+GMA8GA1Ud
        EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAOGT2lauxiT+m3ZHkQhz3AEl
        ISbMsdJorhU/mpk1KPIZAiBOY4X2qoGB6WU3ra5JkEoImUC90rwiKD3S8sxA9bbS
        0Q==
        -----END CERTIFICATE-----
        """
}
