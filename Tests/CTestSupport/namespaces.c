#include "CTestSupport.h"

#include <sched.h>

int CTestSupport_enter_new_network(void) { return unshare(CLONE_NEWNET); }
