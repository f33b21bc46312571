// swift-tools-version: 6.2
import PackageDescription

// A package of its own: everything in it, the product's modules too, is built with libFuzzer's instrumentation, with
// and without AddressSanitizer. These flags come from the Makefile, because a manifest cannot give them to a dependency.
let package = Package(
  name: "packet-forwarder-fuzz",
  dependencies: [.package(name: "packet-forwarder", path: "..")],
  targets: [
    .systemLibrary(name: "CFuzzer"),
    .target(name: "CFuzzSupport"),
    .target(name: "FuzzSupport", dependencies: ["CFuzzer", "CFuzzSupport"]),
    .executableTarget(
      name: "fuzz-wire",
      dependencies: ["FuzzSupport", .product(name: "Wire", package: "packet-forwarder")]),
    .executableTarget(
      name: "fuzz-ring",
      dependencies: ["FuzzSupport", .product(name: "Capture", package: "packet-forwarder")]),
    .executableTarget(
      name: "fuzz-encapsulation",
      dependencies: [
        "CFuzzSupport", "FuzzSupport",
        .product(name: "Capture", package: "packet-forwarder"),
        .product(name: "Mirror", package: "packet-forwarder"),
        .product(name: "System", package: "packet-forwarder"),
        .product(name: "Transport", package: "packet-forwarder"),
        .product(name: "Wire", package: "packet-forwarder"),
      ]),
    .executableTarget(
      name: "fuzz-flows",
      dependencies: [
        "FuzzSupport",
        .product(name: "Capture", package: "packet-forwarder"),
        .product(name: "Mirror", package: "packet-forwarder"),
        .product(name: "Wire", package: "packet-forwarder"),
      ]),
    .executableTarget(
      name: "fuzz-collector",
      dependencies: [
        "FuzzSupport",
        .product(name: "Receiver", package: "packet-forwarder"),
        .product(name: "Wire", package: "packet-forwarder"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
