import Benchmark
import Wire

func checksumBenchmarks() {
  for byteCount in [64, 1448, 65_160] {
    Benchmark("checksum of \(byteCount) bytes") { benchmark in
      let bytes = Frame.filler(byteCount)
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations {
        var sum = InternetChecksum()
        sum.add(bytes.span.bytes, from: 0, count: byteCount)
        blackHole(sum.checksum)
      }
      benchmark.stopMeasurement()
    }
  }
}
