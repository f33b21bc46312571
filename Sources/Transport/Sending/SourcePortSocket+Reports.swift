import CLinux
import Glibc
import System
import Wire

// Reports to the collector, and its requests for them. They take the same way as what is mirrored: same ports, same
// tunnel.
extension SourcePortSocket {
  /// Sends that are tried for one report: each takes one ICMP error of an earlier datagram away.
  private static let maximumTries = 4

  /// Sends a report about this socket; what only the socket knows is filled in.
  ///
  /// - Returns: whether the kernel took it.
  func send(_ report: ReportFrame, header: UInt64) -> Bool {
    let figures = account.figures
    var report = report
    report.stream = account.stream
    report.sequence = figures.sequence
    report.sourcePort = source.port
    report.datagrams = figures.datagrams
    report.bytes = figures.bytes
    report.age = figures.age
    report.clock = UInt64(clamping: WallClock.nanosecondsSince1970)
    let datagram = unsafe withUnsafeBytes(of: header) { unsafe Array($0) } + report.frame()
    for _ in 0..<Self.maximumTries {
      let sent = unsafe datagram.withUnsafeBytes { bytes in
        unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_DONTWAIT))
      }
      if sent == datagram.count {
        account.addReport(bytes: datagram.count + address.overhead)
        return true
      }
    }
    return false
  }

  /// Sends a probe, which is not part of the account.
  ///
  /// - Returns: errno; nil if the kernel took it.
  func send(_ probe: ProbeFrame, vni: UInt32) -> CInt? {
    let datagram = probe.datagram(vni: vni)
    for attempt in 1...Self.maximumTries {
      let sent = unsafe datagram.withUnsafeBytes { bytes in
        unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_DONTWAIT))
      }
      if sent == datagram.count { return nil }
      if attempt == Self.maximumTries { return errno }
    }
    return nil
  }

  /// What has come from the collector since the last call: whether it has asked for reports, and the probes it has
  /// answered. Whatever else comes is not even queued, see `acceptControlFramesOnly`.
  func takeControlFrames() -> (isReportWanted: Bool, answers: [ProbeFrame]) {
    var found: (isReportWanted: Bool, answers: [ProbeFrame]) = (false, [])
    var datagram = InlineArray<128, UInt8>(repeating: 0)
    // More than that a second is nobody's wish.
    for _ in 0..<16 {
      let count = unsafe withUnsafeMutableBytes(of: &datagram) { bytes in
        unsafe recv(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_DONTWAIT | MSG_TRUNC))
      }
      if count < 0 {
        // An ICMP error comes once, in front of what waits; its report is taken elsewhere.
        if errno == EAGAIN { return found }
        continue
      }
      // Any bytes are bytes.
      let bytes = unsafe datagram.span.bytes
      let whole = bytes.extracting(0..<min(count, bytes.byteCount))
      if let probe = ProbeFrame.find(in: whole)?.frame {
        if probe.kind == .answer { found.answers.append(probe) }
      } else if Self.isRequest(whole) {
        found.isReportWanted = true
      }
    }
    return found
  }

  private static func isRequest(_ datagram: RawSpan) -> Bool {
    guard datagram.byteCount > Tunnel.headerByteCount, (try? VXLANHeader.parse(datagram)) != nil else { return false }
    return ControlFrame.parse(datagram.extracting(Tunnel.headerByteCount..<datagram.byteCount))?.kind == .request
  }

  /// Lets the socket receive control frames and nothing else: nobody can fill its memory with more.
  static func acceptControlFramesOnly(_ descriptor: CInt) throws(SystemError) {
    // A filter of a UDP socket sees the UDP header first.
    let frame = UInt32(UDPHeader.byteCount + Tunnel.headerByteCount)
    let (load16, load32) = (UInt16(BPF_LD | BPF_H | BPF_ABS), UInt16(BPF_LD | BPF_W | BPF_ABS))
    let (equal, give) = (UInt16(BPF_JMP | BPF_JEQ | BPF_K), UInt16(BPF_RET | BPF_K))
    let program = [
      sock_filter(code: load16, jt: 0, jf: 0, k: frame + UInt32(ControlFrame.etherTypeField.offset)),
      sock_filter(code: equal, jt: 0, jf: 3, k: UInt32(ControlFrame.etherType)),
      sock_filter(code: load32, jt: 0, jf: 0, k: frame + UInt32(ControlFrame.magicField.offset)),
      sock_filter(code: equal, jt: 0, jf: 1, k: ControlFrame.magic),
      sock_filter(code: give, jt: 0, jf: 0, k: 2_048),
      sock_filter(code: give, jt: 0, jf: 0, k: 0),
    ]
    try SocketFilter.attach(program, to: descriptor)
  }
}
