import Testing

/// The built program against real traffic in network namespaces.
///
/// One test at a time: each needs the machine's cores for itself, or it would measure its neighbour.
@Suite(.serialized, .whereNamespacesWork) enum EndToEnd {}

/// The same for what is said, and who is asked, rather than how much gets through: one at a time, beside the others.
@Suite(.serialized, .whereNamespacesWork) enum EndToEndBeside {}
