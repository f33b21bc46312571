import CPcap

/// Frames of a pcap or pcapng file, handed over as libpcap's live frames are.
@safe
public enum CaptureFile {
  /// Hands every frame of the file at `path` that `filter` takes to `consumer`.
  ///
  /// - Throws: `.failed` for a file that cannot be read, `.unsupportedLinkType`, `.filter`.
  public static func read(_ path: String, filter: String = "", into consumer: any FrameConsumer) throws(CaptureError) {
    let handle = try PcapHandle.open(file: path)
    guard let link = LinkTypes.layer(handle.linkType) else {
      throw .unsupportedLinkType(interface: path, linkType: LinkTypes.name(handle.linkType))
    }
    if !filter.isEmpty { try handle.setFilter(filter) }
    var reader = PcapReader(consumer: consumer)
    reader.link = link
    let result = unsafe withUnsafeMutablePointer(to: &reader) { unsafe $0.dispatch(handle) }
    reader.deliver()
    guard result >= 0 else { throw .failed(operation: "read \(path)", reason: handle.lastError) }
  }
}
