// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JOSE
import JSON
import RouteTable
import Testing

@testable import MCPGateway
@testable import OAuth

@Suite("Registered clients")
struct ClientRegistrationsTests {
    private static let date = NumericDate(seconds: 1_900_000_000)

    private static func place(
        _ server: String = "todo",
        issuer: String = "https://as.example",
        endpoint: String = "https://as.example/register",
        redirectURI: String = "https://gw.example/connect/callback"
    ) -> ClientRegistrations.Place {
        ClientRegistrations.Place(server: .team(server), issuer: issuer, endpoint: endpoint, redirectURI: redirectURI)
    }

    private static func client(_ id: String) throws -> ClientRegistration {
        try ClientRegistration(["client_id": .string(id)], for: ClientMetadata(name: "Sallyport", redirectURIs: []))
    }

    private static func known(
        _ registrations: inout ClientRegistrations,
        _ place: ClientRegistrations.Place,
        at now: Duration = .zero
    ) -> String? {
        do throws(RegistrationError) {
            return try registrations.client(at: place, now, date)?.credential.clientID
        } catch {
            return error.code.rawValue
        }
    }

    @Test("A client is used by the server and at the place that it was registered for, and nowhere else")
    func places() throws {
        var registrations = ClientRegistrations()
        registrations.registered(try Self.client("c"), at: Self.place())
        #expect(Self.known(&registrations, Self.place()) == "c")
        for other in [
            Self.place("second"), Self.place(issuer: "https://other.example"),
            Self.place(endpoint: "https://as.example/register2"),
            Self.place(redirectURI: "https://gw.example/connect/callback/0"),
        ] {
            #expect(Self.known(&registrations, other) == nil)
        }
    }

    @Test("A client that its issuer has forgotten is forgotten for that server alone")
    func forgotten() throws {
        var registrations = ClientRegistrations()
        for server in ["todo", "second"] {
            for redirectURI in ["https://gw.example/a", "https://gw.example/b"] {
                registrations.registered(try Self.client("c"), at: Self.place(server, redirectURI: redirectURI))
            }
        }
        registrations.registered(try Self.client("d"), at: Self.place())
        registrations.forget("c", of: .team("todo"), at: "https://other.example")
        #expect(Self.known(&registrations, Self.place(redirectURI: "https://gw.example/a")) == "c")
        registrations.forget("c", of: .team("todo"), at: "https://as.example")
        for redirectURI in ["https://gw.example/a", "https://gw.example/b"] {
            #expect(Self.known(&registrations, Self.place(redirectURI: redirectURI)) == nil)
            #expect(Self.known(&registrations, Self.place("second", redirectURI: redirectURI)) == "c")
        }
        #expect(Self.known(&registrations, Self.place()) == "d")
        registrations.forget(.team("second"))
        #expect(Self.known(&registrations, Self.place("second", redirectURI: "https://gw.example/a")) == nil)
    }

    @Test("A server that names another place each time takes no other server's client away")
    func bounds() throws {
        var registrations = ClientRegistrations(limit: 4, perServer: 2)
        registrations.registered(try Self.client("honest"), at: Self.place("honest"))
        func busy(_ number: Int) -> ClientRegistrations.Place {
            Self.place("busy", issuer: "https://as\(number).example")
        }
        for number in 0..<20 { registrations.registered(try Self.client("c\(number)"), at: busy(number)) }
        #expect(Self.known(&registrations, Self.place("honest")) == "honest")
        #expect(Self.known(&registrations, busy(17)) == nil)
        #expect(Self.known(&registrations, busy(18)) == "c18")
        #expect(Self.known(&registrations, busy(19)) == "c19")
        // Servers are bounded as well; who was away longest goes first.
        for number in 0..<3 { registrations.registered(try Self.client("s"), at: Self.place("s\(number)")) }
        #expect(Self.known(&registrations, Self.place("honest")) == nil)
        #expect(Self.known(&registrations, busy(19)) == "c19")
    }

    @Test("A failure is remembered for its place until its time, and ended by a success")
    func failures() throws {
        var registrations = ClientRegistrations()
        let failure = RegistrationError(.refused, "it says no", advice: "Ask.")
        registrations.failed(failure, at: Self.place(), until: .seconds(10))
        #expect(Self.known(&registrations, Self.place()) == "registration_refused")
        #expect(Self.known(&registrations, Self.place("second")) == nil)
        #expect(Self.known(&registrations, Self.place(), at: .seconds(10)) == nil)
        registrations.registered(try Self.client("c"), at: Self.place())
        #expect(Self.known(&registrations, Self.place()) == "c")
    }
}
