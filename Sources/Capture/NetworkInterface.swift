import Synchronization
public import System

/// A network interface of the network namespace that the process began in.
public struct NetworkInterface: Equatable, Sendable {
  /// Name, at most 15 bytes.
  public let name: String
  /// Interface index.
  public let index: Int32
  /// ARPHRD_* hardware type (linux/if_arp.h).
  public let hardwareType: UInt16
  /// MAC address in the low 48 bits, first byte highest; 0 if it has none.
  public let address: UInt64
  /// Whether the interface is administratively up.
  public let isUp: Bool
  /// Whether it can carry frames: up, with a carrier.
  package let isRunning: Bool
  /// MTU in bytes; 0 if unknown.
  package let mtu: Int
  /// Index of the bridge or bond that it is a port of; 0 if it is of none.
  package let master: Int32

  /// ARPHRD_ETHER.
  public static let ethernetType: UInt16 = 1
  /// ARPHRD_LOOPBACK: its frames have an Ethernet header too.
  public static let loopbackType: UInt16 = 772

  /// Whether its frames begin with an Ethernet header.
  public var isEthernet: Bool { hardwareType == Self.ethernetType || hardwareType == Self.loopbackType }

  /// Opened by the first question, and kept: later ones need no descriptor.
  private static let table = Mutex<LinkTable?>(nil)

  /// Every interface there is, in the order of their indices.
  ///
  /// - Throws: `SystemError` if the kernel does not say. That means nothing about any interface.
  public static func present() throws(SystemError) -> [NetworkInterface] {
    let found = table.withLock { table -> Result<LinkTable, SystemError> in
      do throws(SystemError) {
        if let table { return .success(table) }
        let opened = try LinkTable()
        table = opened
        return .success(opened)
      } catch {
        return .failure(error)
      }
    }
    return try found.get().links().map(NetworkInterface.init)
  }

  /// `present`, with the failure as a capture's.
  static func known() throws(CaptureError) -> [NetworkInterface] {
    do throws(SystemError) {
      return try present()
    } catch {
      throw .failed(error)
    }
  }

  /// Every interface that the kernel tells of, for messages and guesses; empty if it does not say.
  public static func all() -> [NetworkInterface] { (try? present()) ?? [] }

  /// The interface of this name; nil if the kernel tells of none.
  public init?(named name: String) {
    guard let found = Self.all().first(where: { $0.name == name }) else { return nil }
    self = found
  }

  init(_ link: NetworkLink) {
    name = link.name
    index = link.index
    hardwareType = link.hardwareType
    address = link.hardwareType == Self.ethernetType ? link.address : 0
    isUp = link.isUp
    isRunning = link.isRunning
    mtu = link.mtu
    master = link.master
  }
}
