import Benchmark
import Wire

func segmentationBenchmarks() {
  // A super-frame of 64 KB, every header of every segment with both checksums; payload is summed, not copied.
  for maximumPacket in [8950, 1450] {
    Benchmark(
      "segments of a 64 KB TCP frame in packets of \(maximumPacket) bytes",
      configuration: .init(scalingFactor: .one)
    ) { benchmark in
      let packet = Frame.tcp(payload: 65_160)
      var arena = [UInt8](repeating: 0, count: 64 * 64)
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations {
        let network = packet.span.bytes
        guard let parsed = IPPacket(network, etherType: EtherType.ipv4),
          let plan = Segmentation(tcp: network, parsed, maximumPacket: maximumPacket)
        else { fatalError("not a TCP packet") }
        var heads = arena.mutableSpan
        var out = heads.mutableBytes
        for index in 0..<plan.count { plan.emitHeader(index, network, into: &out, at: index * 64) }
        blackHole(plan.count)
      }
      benchmark.stopMeasurement()
      blackHole(arena)
    }
  }
}
