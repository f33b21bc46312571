// swift-tools-version: 6.2
import PackageDescription

/// Unsafe constructs must be spelled out (SE-0458), and an unmarked one fails the build.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatWarning("StrictMemorySafety", as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableExperimentalFeature("Lifetimes"),
  // A write beyond a variable on the stack whose address was taken ends the program.
  .unsafeFlags(["-Xfrontend", "-enable-stack-protector"]),
]

/// The same for C, with the checked forms of the C library's functions where there is an optimizer for them.
let hardened: [CSetting] = [
  .define("_GNU_SOURCE"), .unsafeFlags(["-fstack-protector-strong", "-fstack-clash-protection"]),
  .unsafeFlags(["-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"], .when(configuration: .release)),
]

/// Every address is resolved at the start, and what holds addresses is read-only from then on; `scripts/check-binary`
/// looks at the result.
let readOnlyTables: [LinkerSetting] = [
  .unsafeFlags(["relro", "now", "noexecstack"].flatMap { ["-Xlinker", "-z", "-Xlinker", $0] })
]

/// The packet path crosses module borders; without this the small wire functions stay calls.
let packetPath: [SwiftSetting] =
  strict + [.unsafeFlags(["-cross-module-optimization"], .when(configuration: .release))]

let package = Package(
  name: "packet-forwarder",
  products: [
    .executable(name: "packet-forwarder", targets: ["packet-forwarder"]),
    // For bench/micro and fuzz, which are packages of their own.
    .library(name: "Wire", targets: ["Wire"]),
    .library(name: "System", targets: ["System"]),
    .library(name: "Transport", targets: ["Transport"]),
    .library(name: "Capture", targets: ["Capture"]),
    .library(name: "Mirror", targets: ["Mirror"]),
    .library(name: "Receiver", targets: ["Receiver"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),
    // No pkgConfig: it would link the library, where the module wants the archive.
    .systemLibrary(name: "CYaml", providers: [.apt(["libyaml-dev"])]),
    .target(name: "CLinux", cSettings: hardened),
    .target(name: "CStart", cSettings: hardened),
    .target(name: "System", dependencies: ["CLinux"], swiftSettings: packetPath),
    .target(name: "Wire", swiftSettings: packetPath),
    .target(name: "Capture", dependencies: ["CLinux", "CPcap", "System", "Wire"], swiftSettings: packetPath),
    .target(name: "Transport", dependencies: ["CLinux", "System", "Wire"], swiftSettings: packetPath),
    .target(
      name: "Mirror", dependencies: ["CLinux", "Capture", "System", "Transport", "Wire"], swiftSettings: packetPath),
    .target(name: "Telemetry", dependencies: ["Capture", "Mirror", "System", "Transport"], swiftSettings: strict),
    .target(
      name: "Forwarder",
      dependencies: [
        "CLinux", "System", "Wire", "Capture", "Transport", "Mirror", "Telemetry",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: packetPath),
    .target(
      name: "Check", dependencies: ["CLinux", "System", "Wire", "Capture", "Transport", "Telemetry", "Forwarder"],
      swiftSettings: strict),
    .target(
      name: "Receiver", dependencies: ["CLinux", "CPcap", "System", "Telemetry", "Wire"], swiftSettings: packetPath),
    .target(name: "Inject", dependencies: ["CYaml", "Forwarder"], swiftSettings: strict),
    .target(name: "Cost", dependencies: ["System", "Wire", "Capture", "Mirror", "Telemetry"], swiftSettings: strict),
    .executableTarget(
      name: "packet-forwarder",
      dependencies: [
        "CStart", "CLinux", "System", "Wire", "Capture", "Transport", "Mirror", "Telemetry", "Forwarder", "Check",
        "Cost", "Inject", "Receiver",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict, linkerSettings: readOnlyTables),
    // Tries from inside what the sandbox forbids. Built with the tests, and part of nothing.
    .executableTarget(
      name: "ConfinedProbe", dependencies: ["CLinux", "System"], path: "Tests/ConfinedProbe", swiftSettings: strict),
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .target(name: "CTestSupport", path: "Tests/CTestSupport", cSettings: [.define("_GNU_SOURCE")]),
    .testTarget(name: "SystemTests", dependencies: ["CLinux", "System", "TestSupport", "CTestSupport"]),
    .testTarget(name: "WireTests", dependencies: ["Wire", "TestSupport"]),
    .testTarget(name: "CaptureTests", dependencies: ["CLinux", "Capture", "System", "Wire", "TestSupport"]),
    .testTarget(
      name: "TransportTests", dependencies: ["CLinux", "System", "Transport", "Wire", "TestSupport"]),
    .testTarget(
      name: "MirrorTests",
      dependencies: ["Mirror", "Capture", "System", "Transport", "Wire", "TestSupport", "CTestSupport"]),
    .testTarget(
      name: "TelemetryTests", dependencies: ["Telemetry", "Capture", "Mirror", "System", "Transport", "TestSupport"]),
    .testTarget(
      name: "ForwarderTests",
      dependencies: ["Forwarder", "Mirror", "Capture", "System", "Telemetry", "Transport", "TestSupport"]),
    .testTarget(
      name: "CheckTests", dependencies: ["Check", "Capture", "Forwarder", "System", "Transport", "Wire", "TestSupport"]),
    .testTarget(name: "InjectTests", dependencies: ["Inject"]),
    .testTarget(name: "CostTests", dependencies: ["Cost", "Mirror", "TestSupport"]),
    .testTarget(name: "ReceiverTests", dependencies: ["Receiver", "System", "Telemetry", "TestSupport", "Wire"]),
    .testTarget(name: "DocumentTests", dependencies: ["Forwarder", "Inject", "TestSupport"]),
    // Reads the sources; builds none of them.
    .testTarget(name: "ArchitectureTests"),
    // Without the program among the dependencies: its CStart is not for the test runner, and it is built anyway.
    .testTarget(name: "CommandTests", dependencies: ["TestSupport"]),
    .testTarget(name: "EndToEndTests", dependencies: ["TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
