import Foundation
import Testing

@testable import Capture

@Suite struct NetworkInterfaceTests {
  private func attribute(_ name: String, of interface: String) throws -> String {
    try String(contentsOfFile: "/sys/class/net/\(interface)/\(name)", encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test func loopbackIsFound() throws {
    let interface = try #require(NetworkInterface(named: "lo"))
    #expect(interface.name == "lo")
    #expect(interface.hardwareType == NetworkInterface.loopbackType)
    #expect(interface.isEthernet)
    #expect(interface.address == 0)
  }

  /// What the kernel says about each of them in /sys.
  @Test func allInterfacesAreListed() throws {
    let found = NetworkInterface.all()
    #expect(found.map(\.index) == found.map(\.index).sorted())
    let names = try FileManager.default.contentsOfDirectory(atPath: "/sys/class/net")
      .filter { FileManager.default.fileExists(atPath: "/sys/class/net/\($0)/ifindex") }
    #expect(Set(found.map(\.name)) == Set(names))
    for interface in found {
      #expect(try attribute("ifindex", of: interface.name) == "\(interface.index)")
      #expect(try attribute("type", of: interface.name) == "\(interface.hardwareType)")
      let flags = try #require(Int(try attribute("flags", of: interface.name).dropFirst(2), radix: 16))
      #expect(interface.isUp == (flags & 1 != 0))
      guard interface.hardwareType == NetworkInterface.ethernetType else { continue }
      let address = try attribute("address", of: interface.name).replacingOccurrences(of: ":", with: "")
      #expect(UInt64(address, radix: 16) == interface.address)
    }
  }

  @Test(arguments: ["", "nosuch0", "lo ", "a-name-too-long1", "any"]) func noInterface(name: String) {
    #expect(NetworkInterface(named: name) == nil)
  }

  @Test func linkTypes() {
    #expect(LinkTypes.layer(1) == .ethernet)
    #expect(LinkTypes.layer(12) == .rawIP)
    #expect(LinkTypes.layer(0) == .null)
    #expect(LinkTypes.layer(113) == .linuxCooked)
    #expect(LinkTypes.layer(276) == .linuxCooked2)
    #expect(LinkTypes.layer(105) == nil)
    #expect(LinkTypes.name(105) == "IEEE802_11")
    #expect(LinkTypes.name(99_999) == "DLT 99999")
  }
}
