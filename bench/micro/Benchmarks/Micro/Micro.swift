import Benchmark

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .mallocCountTotal], warmupIterations: 10, scalingFactor: .kilo,
    maxDuration: .seconds(1), maxIterations: 100_000)
  checksumBenchmarks()
  encapsulationBenchmarks()
  segmentationBenchmarks()
  schedulingBenchmarks()
}
