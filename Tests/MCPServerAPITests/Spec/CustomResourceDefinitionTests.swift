// SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
// SPDX-License-Identifier: Apache-2.0

import JSON
import KubernetesAPI
import MCPServerAPI
import Testing

@Suite("custom resource definition")
struct CustomResourceDefinitionTests {
    private let definition: JSONValue
    private let schema: JSONValue

    init() throws {
        definition = try repositoryDocument("crds/mcpservers.yaml")
        schema = try #require(definition["spec"]?["versions"]?[0]?["schema"]?["openAPIV3Schema"]?["properties"])
    }

    @Test("its names are those of the type")
    func names() {
        let type = MCPServer.resourceType
        let names = definition["spec"]?["names"]
        #expect(definition["metadata"]?["name"]?.stringValue == "\(type.plural).\(type.group)")
        #expect(definition["spec"]?["group"]?.stringValue == type.group)
        #expect(definition["spec"]?["versions"]?[0]?["name"]?.stringValue == type.version)
        #expect(definition["spec"]?["scope"] == "Namespaced")
        #expect(names?["kind"]?.stringValue == type.kind)
        #expect(names?["plural"]?.stringValue == type.plural)
        #expect(names?["shortNames"] == [.string(MCPServer.shortName)])
    }

    @Test("spec and status have the fields of the types, at every depth", arguments: ["spec", "status"])
    func fields(part: String) throws {
        let type: any SchemaObject.Type = part == "spec" ? MCPServerSpec.self : MCPServerStatus.self
        let node = try #require(schema[part])
        var visited = 0
        walk(type, node, at: part, &visited)
        #expect(visited > 10)
    }

    private func walk(_ type: any SchemaObject.Type, _ node: JSONValue, at path: String, _ visited: inout Int) {
        let properties = node["properties"]?.objectValue ?? JSONObject()
        #expect(properties.keys == type.fieldNames, "\(path) of the CRD and \(type), in the same order")
        for (name, property) in properties {
            visited += 1
            if let nested = type.nestedObject(named: name) {
                walk(nested, property, at: "\(path).\(name)", &visited)
            } else {
                #expect(property["properties"] == nil, "\(path).\(name) is an object that \(type) does not take apart")
            }
        }
    }

    @Test("the decoder reads every field: each one changes what is decoded")
    func decoder() throws {
        try checkDecoder(MCPServerSpec.self, try #require(schema["spec"]), at: "spec")
        try checkDecoder(MCPServerStatus.self, try #require(schema["status"]), at: "status")
    }

    private func checkDecoder<Object: SchemaObject>(_ type: Object.Type, _ node: JSONValue, at path: String) throws {
        let empty = try Object(json: [:])
        for (name, property) in try #require(node["properties"]?.objectValue) {
            let decoded = try Object(json: [name: try sample(of: property, at: "\(path).\(name)")])
            #expect(decoded != empty, "\(path).\(name) is not decoded")
            if let nested = type.nestedObject(named: name) { try checkDecoder(nested, property, at: "\(path).\(name)") }
        }
    }

    /// Some value of the schema that is not what an absent field means.
    private func sample(of schema: JSONValue, at path: String) throws -> JSONValue {
        switch schema["type"] {
        case "string": return schema["enum"]?[0] ?? "sample"
        case "boolean": return true
        case "integer": return 7
        case "array": return [try sample(of: try #require(schema["items"]), at: path)]
        case "object":
            var object = JSONObject()
            for (name, property) in schema["properties"]?.objectValue ?? JSONObject() {
                object[name] = try sample(of: property, at: "\(path).\(name)")
            }
            return object.isEmpty ? ["sample": "sample"] : .object(object)
        default:
            Issue.record("\(path) has the type \(schema["type"] ?? .null)")
            return .null
        }
    }

    @Test("a status that is written is read back as it was")
    func roundTrip() throws {
        let json = try sample(of: try #require(schema["status"]), at: "status")
        #expect(try MCPServerStatus(json: json).json == json)
    }

    @Test("its lists of words are those of the types")
    func words() throws {
        func words(_ path: String...) -> [String] {
            let node = path.dropFirst().reduce(schema[path[0]]) {
                $0?["properties"]?[$1] ?? $0?["items"]?["properties"]?[$1]
            }
            return node?["enum"]?.arrayValue?.compactMap(\.stringValue) ?? []
        }
        let methods = ClientAuthMethod.allCases.map(\.rawValue)
        #expect(words("spec", "auth", "authorizationServer", "clientAuthMethod") == methods)
        #expect(words("spec", "auth", "enterpriseIdP", "clientAuthMethod") == methods)
        #expect(words("spec", "auth", "enterpriseIdP", "mcpAuthServerClient", "clientAuthMethod") == methods)
        #expect(words("spec", "auth", "enterpriseIdP", "subjectTokenType") == SubjectTokenType.allCases.map(\.rawValue))
        #expect(words("status", "authMode") == AuthMode.allCases.map(\.rawValue))
        #expect(words("status", "state") == ServerState.allCases.map(\.rawValue))
        #expect(words("status", "conditions", "status") == ["True", "False", "Unknown"])
    }

    @Test("the columns of kubectl get are the ones promised")
    func columns() {
        let columns = definition["spec"]?["versions"]?[0]?["additionalPrinterColumns"]?.arrayValue ?? []
        #expect(
            columns.compactMap { $0["name"]?.stringValue } == ["URL", "Auth", "Ready", "Reason", "Programmed", "Age"]
        )
    }
}
