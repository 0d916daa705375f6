// swift-tools-version: 6.2
import PackageDescription

/// The compiler reviews first: every target of ours builds under these, with warnings as errors.
let houseSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
]

/// `SALLYPORT_CORE=1` leaves out every target that depends on Hummingbird, so that the wrappers, the client, the
/// runtime and the operator build and run under the sanitizers within minutes.
let coreOnly = Context.environment["SALLYPORT_CORE"] == "1"

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let locks = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let persistentMaps = Target.Dependency.product(name: "HashTreeCollections", package: "swift-collections")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, exclude: ["README.md"], swiftSettings: houseSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: houseSettings)
}

/// The arrows between modules.
///
/// `--explicit-target-dependency-import-check error` refuses any other.
let coreTargets: [Target] = [
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    library("Curl", ["CCurl", "HTTPTransport", locks, logging, deque]),
    library("OpenSSL", ["COpenSSL"]),
    library("JSON", []),
    library("YAML", ["CYAML", "JSON"]),
    library("HTTPTransport", []),
    library("Timing", [locks]),
    library("KubernetesAPI", ["JSON", "HTTPTransport"]),
    library(
        "KubernetesClient",
        ["KubernetesAPI", "HTTPTransport", "YAML", "JSON", "OpenSSL", "Timing", locks, logging, metrics]
    ),
    library(
        "ControllerRuntime",
        ["KubernetesClient", "KubernetesAPI", "JSON", "Timing", locks, logging, metrics, heap, deque, persistentMaps]
    ),
    library("MCPServerAPI", ["KubernetesAPI", "JSON"]),
    library("JOSE", ["OpenSSL", "JSON"]),
    library("OAuth", ["JOSE", "HTTPTransport", "JSON", "Timing", locks, logging]),
    library("MCP", ["JSON"]),
    library("RouteTable", ["JSON", locks, deque, persistentMaps]),
    library(
        "MCPServerOperator",
        [
            "ControllerRuntime", "KubernetesClient", "KubernetesAPI", "MCPServerAPI", "RouteTable", "YAML", "JSON",
            "OAuth", "OpenSSL", "HTTPTransport", "Timing", locks, logging, metrics, deque,
        ]
    ),
    library(
        "MCPGateway",
        [
            "OAuth", "JOSE", "OpenSSL", "MCP", "RouteTable", "HTTPTransport", "JSON", "Timing", locks, logging, metrics,
            heap, deque,
        ]
    ),
    library("PrometheusMetrics", [coreMetrics, locks]),
    library("TestSupport", ["HTTPTransport", locks, logging, coreMetrics]),
    library("KubernetesTesting", ["KubernetesAPI", "HTTPTransport", "JSON", locks, nioCore, nioPosix]),
    tests("CurlTests", ["Curl", "HTTPTransport", "TestSupport", locks]),
    tests("OpenSSLTests", ["OpenSSL"]),
    tests("JSONTests", ["JSON"]),
    tests("YAMLTests", ["YAML", "JSON"]),
    tests("TimingTests", ["Timing", "TestSupport"]),
    tests("MCPTests", ["MCP", "JSON"]),
    tests("HTTPTransportTests", ["HTTPTransport", "TestSupport"]),
    tests("KubernetesAPITests", ["KubernetesAPI", "JSON", "HTTPTransport"]),
    tests(
        "KubernetesClientTests",
        [
            "KubernetesClient", "KubernetesAPI", "HTTPTransport", "JSON", "Curl", "TestSupport", "KubernetesTesting",
            logging, coreMetrics, locks,
        ]
    ),
    tests(
        "ControllerRuntimeTests",
        [
            "ControllerRuntime", "KubernetesClient", "KubernetesAPI", "HTTPTransport", "JSON", "Curl", "TestSupport",
            "KubernetesTesting", "Timing", logging, coreMetrics, locks,
        ]
    ),
    tests("MCPServerAPITests", ["MCPServerAPI", "KubernetesAPI", "JSON", "YAML"]),
    tests("JOSETests", ["JOSE", "OpenSSL", "JSON"]),
    tests(
        "OAuthTests",
        ["OAuth", "JOSE", "OpenSSL", "HTTPTransport", "JSON", "TestSupport", logging, locks, coreMetrics]
    ),
    tests("RouteTableTests", ["RouteTable", "JSON", "TestSupport", locks]),
    tests(
        "MCPServerOperatorTests",
        [
            "MCPServerOperator", "ControllerRuntime", "KubernetesClient", "KubernetesAPI", "MCPServerAPI", "RouteTable",
            "YAML", "JSON", "HTTPTransport", "Curl", "TestSupport", "KubernetesTesting", "OAuth", "Timing", logging,
            locks,
            coreMetrics,
        ]
    ),
    tests(
        "MCPGatewayTests",
        [
            "MCPGateway", "MCP", "OAuth", "JOSE", "OpenSSL", "RouteTable", "HTTPTransport", "JSON", "Timing",
            "TestSupport", logging, locks, coreMetrics,
        ]
    ),
    tests("PrometheusMetricsTests", ["PrometheusMetrics", coreMetrics]),
    tests("TestSupportTests", ["TestSupport", "HTTPTransport"]),
]

let hummingbirdTargets: [Target] = [
    library("InboundHTTP", ["JSON", httpTypes, nioCore, nioSSL, logging, locks]),
    library(
        "RouteService",
        [
            "InboundHTTP", "RouteTable", "JSON", "Timing", hummingbird, hummingbirdTLS, httpTypes, nioCore, lifecycle,
            logging, metrics, locks,
        ]
    ),
    library(
        "GatewayService",
        [
            "MCPGateway", "InboundHTTP", "RouteTable", "HTTPTransport", "JSON", "Timing", hummingbird, hummingbirdTLS,
            httpTypes, nioCore, lifecycle, logging, metrics, locks,
        ]
    ),
    library(
        "DemoWorld",
        ["JOSE", "OpenSSL", "MCP", "JSON", hummingbird, httpTypes, nioCore, lifecycle, logging, locks]
    ),
    .executableTarget(
        name: "sallyport-demo",
        dependencies: ["DemoWorld", arguments, lifecycle, signals, logging],
        exclude: ["README.md"],
        swiftSettings: houseSettings
    ),
    .executableTarget(
        name: "sallyport",
        dependencies: [
            "Curl", "OpenSSL", "YAML", "JSON", "HTTPTransport", "KubernetesAPI", "KubernetesClient",
            "ControllerRuntime", "MCPServerAPI", "RouteTable", "InboundHTTP", "RouteService", "MCPServerOperator",
            "OAuth", "JOSE", "MCPGateway", "GatewayService", "PrometheusMetrics", "Timing", hummingbird, arguments,
            lifecycle, signals, logging, metrics, locks, nioCore,
        ],
        exclude: ["README.md"],
        swiftSettings: houseSettings
    ),
    tests(
        "RouteServiceTests",
        [
            "RouteService", "InboundHTTP", "RouteTable", "MCPGateway", "HTTPTransport", "Curl", "OpenSSL", "JSON",
            "TestSupport",
            hummingbird, nioSSL, nioCore, lifecycle, logging, locks, coreMetrics,
        ]
    ),
    tests(
        "GatewayServiceTests",
        [
            "GatewayService", "MCPGateway", "DemoWorld", "InboundHTTP", "RouteTable", "OAuth", "JOSE", "OpenSSL",
            "JSON",
            "Curl", "HTTPTransport", "TestSupport", "Timing", hummingbird, httpTypes, nioCore, lifecycle, logging,
            locks,
            coreMetrics,
        ]
    ),
    tests(
        "DemoWorldTests",
        [
            "DemoWorld", "JOSE", "OpenSSL", "JSON", "Curl", "HTTPTransport", "TestSupport", hummingbird, httpTypes,
            lifecycle, logging, locks,
        ]
    ),
    tests(
        "sallyportTests",
        [
            "sallyport", "MCPServerOperator", "MCPServerAPI", "KubernetesAPI", "MCPGateway", "OAuth",
            "PrometheusMetrics",
            "YAML", "JSON", "TestSupport", "HTTPTransport", arguments, locks, logging, coreMetrics,
        ]
    ),
]

let package = Package(
    name: "sallyport",
    platforms: [.macOS(.v15)],
    products: coreOnly
        ? []
        : [
            .executable(name: "sallyport", targets: ["sallyport"]),
            .executable(name: "sallyport-demo", targets: ["sallyport-demo"]),
        ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-collections.git", exact: "1.6.0"),
    ]
        + (coreOnly
            ? []
            : [
                .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
                .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
                .package(url: "https://github.com/hummingbird-project/hummingbird.git", exact: "2.28.1"),
                .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0"),
                .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
            ]),
    targets: coreTargets + (coreOnly ? [] : hummingbirdTargets)
)
