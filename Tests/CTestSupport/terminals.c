#include "CTestSupport.h"

#include <fcntl.h>
#include <stdlib.h>

int CTestSupport_open_terminal(int *terminal) {
  int own = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (own < 0 || grantpt(own) < 0 || unlockpt(own) < 0) return -1;
  *terminal = open(ptsname(own), O_RDWR | O_NOCTTY);
  return *terminal < 0 ? -1 : own;
}
