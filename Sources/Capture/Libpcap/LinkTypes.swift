import CPcap
import Glibc
import Wire

/// libpcap's link types and what they are to the packet path.
enum LinkTypes {
  static let ethernet = DLT_EN10MB
  static let raw = DLT_RAW

  /// The link layer of a DLT_* value; nil for one that cannot become Ethernet.
  static func layer(_ linkType: Int32) -> LinkLayer? {
    switch linkType {
    case DLT_EN10MB: .ethernet
    case DLT_RAW, DLT_IPV4, DLT_IPV6: .rawIP
    case DLT_NULL, DLT_LOOP: .null
    case DLT_LINUX_SLL: .linuxCooked
    case DLT_LINUX_SLL2: .linuxCooked2
    default: nil
    }
  }

  /// libpcap's name of a DLT_* value.
  static func name(_ linkType: Int32) -> String {
    guard let name = unsafe pcap_datalink_val_to_name(linkType) else { return "DLT \(linkType)" }
    return unsafe String(cString: name)
  }
}

extension NetworkInterface {
  /// libpcap's name of the link type that its frames are taken as.
  package var linkTypeName: String { LinkTypes.name(isEthernet ? LinkTypes.ethernet : LinkTypes.raw) }
}
