// swift-tools-version: 6.1
import PackageDescription

// A package of its own: the benchmark library takes longer to build than everything else in bench/.
let package = Package(
  name: "packet-forwarder-micro",
  dependencies: [
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    .package(name: "packet-forwarder", path: "../.."),
  ],
  targets: [
    .executableTarget(
      name: "Micro",
      dependencies: [
        .product(name: "Benchmark", package: "benchmark"),
        .product(name: "System", package: "packet-forwarder"),
        .product(name: "Wire", package: "packet-forwarder"),
        .product(name: "Transport", package: "packet-forwarder"),
      ],
      path: "Benchmarks/Micro",
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
  ],
  swiftLanguageModes: [.v6]
)
