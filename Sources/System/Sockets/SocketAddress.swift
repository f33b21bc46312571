import CLinux
import Glibc

/// An IPv4 or IPv6 address with a UDP port.
public struct SocketAddress: Hashable, Sendable {
  /// The address bytes in network order; an IPv4 address takes the first four.
  public let bytes: [UInt8]
  /// UDP port, host order.
  public let port: UInt16
  /// Interface index of a link-local IPv6 address; 0 otherwise.
  public let scope: UInt32

  /// Whether this is an IPv6 address.
  public var isIPv6: Bool { bytes.count == 16 }

  /// Bytes of the outer IP and UDP headers in front of a datagram to this address.
  public var overhead: Int { isIPv6 ? 48 : 28 }

  /// From a numeric address without a port; nil if `text` is none. An IPv4 address written as an IPv6 one
  /// (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2) is the IPv4 address: that is what goes over the wire.
  public init?(numeric text: String, port: UInt16) {
    var v4 = in_addr()
    var v6 = in6_addr()
    let bare = String(text.prefix { $0 != "%" })
    if unsafe inet_pton(AF_INET, text, &v4) == 1 {
      bytes = unsafe withUnsafeBytes(of: &v4) { unsafe Array($0) }
      scope = 0
    } else if unsafe inet_pton(AF_INET6, bare, &v6) == 1 {
      bytes = Self.unmapped(unsafe withUnsafeBytes(of: &v6) { unsafe Array($0) })
      let zone = text.dropFirst(bare.count + 1)
      scope = zone.isEmpty ? 0 : (UInt32(zone) ?? (unsafe if_nametoindex(String(zone))))
    } else {
      return nil
    }
    self.port = port
  }

  /// From address bytes in network order: 4 or, for IPv6, 16. Traps on any other number.
  package init(bytes: [UInt8], port: UInt16) {
    precondition(bytes.count == 4 || bytes.count == 16)
    self.bytes = bytes.count == 16 ? Self.unmapped(bytes) : bytes
    self.port = port
    scope = 0
  }

  /// Every local address of a family (`::` or `0.0.0.0`), to bind to.
  package static func wildcard(isIPv6: Bool, port: UInt16) -> SocketAddress {
    SocketAddress(bytes: [UInt8](repeating: 0, count: isIPv6 ? 16 : 4), port: port)
  }

  /// From what `getaddrinfo` found.
  ///
  /// - Safety: `address` must point to a whole `sockaddr_in` or `sockaddr_in6` as its family says.
  @unsafe init?(_ address: UnsafePointer<sockaddr>, port: UInt16) {
    switch unsafe Int32(address.pointee.sa_family) {
    case AF_INET:
      var v4 = unsafe UnsafeRawPointer(address).load(as: sockaddr_in.self).sin_addr
      bytes = unsafe withUnsafeBytes(of: &v4) { unsafe Array($0) }
      scope = 0
    case AF_INET6:
      let full = unsafe UnsafeRawPointer(address).load(as: sockaddr_in6.self)
      var v6 = full.sin6_addr
      bytes = Self.unmapped(unsafe withUnsafeBytes(of: &v6) { unsafe Array($0) })
      scope = full.sin6_scope_id
    default:
      return nil
    }
    self.port = port
  }

  /// From a `sockaddr_in` or `sockaddr_in6` with its port; nil for any other family.
  ///
  /// - Safety: `raw` must point to a whole, aligned structure of the family that it names, or to a `sockaddr_storage`.
  @unsafe package init?(_ raw: UnsafeRawPointer) {
    // Both have the port at offset 2, in network order.
    let port = unsafe UInt16(bigEndian: raw.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    unsafe self.init(raw.assumingMemoryBound(to: sockaddr.self), port: port)
  }

  /// The address that a socket is bound to; nil without one.
  package init?(localOf descriptor: CInt) {
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let found = unsafe withUnsafeMutableBytes(of: &storage) { raw -> SocketAddress? in
      let pointer = unsafe raw.baseAddress!.assumingMemoryBound(to: sockaddr.self)
      guard unsafe getsockname(descriptor, pointer, &size) == 0 else { return nil }
      return unsafe SocketAddress(UnsafeRawPointer(pointer))
    }
    guard let found else { return nil }
    self = found
  }

  private static func unmapped(_ bytes: [UInt8]) -> [UInt8] {
    bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF ? Array(bytes[12...]) : bytes
  }

  /// Whether `text` is a numeric IPv6 address, with or without a zone.
  package static func isIPv6Literal(_ text: String) -> Bool {
    var address = in6_addr()
    return unsafe inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &address) == 1
  }

  /// The numeric address without the port.
  public var host: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    unsafe bytes.withUnsafeBytes { raw in
      _ = unsafe inet_ntop(isIPv6 ? AF_INET6 : AF_INET, raw.baseAddress!, &text, socklen_t(text.count))
    }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Calls `body` with the address as the system calls take it.
  func withSocketAddress<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    if isIPv6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      address.sin6_scope_id = scope
      unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { unsafe $0.copyBytes(from: bytes) }
      return unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
        }
      }
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    unsafe withUnsafeMutableBytes(of: &address.sin_addr) { unsafe $0.copyBytes(from: bytes) }
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}

extension SocketAddress: CustomStringConvertible {
  /// One line for people.
  public var description: String { HostPort.text(host, port) }
}

extension SocketAddress: Comparable {
  /// Orders by family, address, port.
  public static func < (one: SocketAddress, other: SocketAddress) -> Bool {
    if one.bytes.count != other.bytes.count { return one.bytes.count < other.bytes.count }
    if one.bytes != other.bytes { return one.bytes.lexicographicallyPrecedes(other.bytes) }
    return one.port < other.port
  }
}
