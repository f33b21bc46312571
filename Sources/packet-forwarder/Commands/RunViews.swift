import ArgumentParser

/// What `run` can show instead of mirroring, by the flags of tcpdump(1).
struct RunViews: ParsableArguments {
  @Flag(name: [.customShort("D"), .long], help: "List the interfaces that can be named, and do nothing else.")
  var listInterfaces = false

  @Flag(
    name: [.customShort("d"), .long],
    help: "Show the filter as the kernel would run it, what is never mirrored included, and do nothing else.")
  var showFilter = false
}
