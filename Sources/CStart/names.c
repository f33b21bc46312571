// A static program has the resolver of its C library in it: `files` and `dns`. Whatever else nsswitch.conf(5) names, Amazon
// Linux's `myhostname` and `resolve` or Debian's `db` among it, would be loaded from the machine, and with it a second C
// library of another version.
#include <nss.h>
#include <sys/auxv.h>

__attribute__((constructor)) static void look_up_names_alone(void) {
  // Where the loader is; a static program has none.
  if (getauxval(AT_BASE) != 0) return;
  __nss_configure_lookup("hosts", "files dns");
  // What a filter can name.
  __nss_configure_lookup("protocols", "files");
  __nss_configure_lookup("services", "files");
  __nss_configure_lookup("networks", "files");
  __nss_configure_lookup("ethers", "files");
}
