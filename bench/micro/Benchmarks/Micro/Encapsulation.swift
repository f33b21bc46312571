import Benchmark
import Wire

func encapsulationBenchmarks() {
  // What every small frame goes through: find its headers, hash its flow, put the VXLAN header before it.
  for payload in [0, 200, 1400] {
    Benchmark("parse, hash and header of a TCP frame with \(payload) bytes") { benchmark in
      let packet = Frame.tcp(payload: payload)
      let header = VXLANHeader(vni: 1)
      var head = [UInt8](repeating: 0, count: VXLANHeader.byteCount)
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations {
        let network = packet.span.bytes
        guard let parsed = IPPacket(network, etherType: EtherType.ipv4) else {
          fatalError("not an IP packet")
        }
        blackHole(FlowHash(network, parsed))
        head.withUnsafeMutableBytes { $0.storeBytes(of: header.wireBytes, as: UInt64.self) }
        blackHole(head)
      }
      benchmark.stopMeasurement()
    }
  }
}
