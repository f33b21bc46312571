import Testing

/// The built program against real traffic in network namespaces.
///
/// One test at a time: each needs the machine's cores for itself, or it would measure its neighbour.
@Suite(.serialized, .whereNamespacesWork) enum EndToEnd {}
