// From its first instruction on, the program must be able to end. Process 1 of a container has no default actions: a
// signal without a handler is thrown away, and nobody sends SIGTERM twice.
#include "CStart.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

// Nothing has been opened yet, so nothing is lost. Commands that have something to finish block the signals and wait.
static void end(int number) { _exit(0); }

// What the file may give is put in force here (`setcap cap_net_raw+p`). A file that puts it in force by itself (`+ep`) is not
// even started where the container has not got it, and nobody is told what is missing.
static void raise_capability(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
  if (syscall(SYS_capget, &header, sets) != 0) return;
  unsigned capture = 1U << CAP_NET_RAW;
  if ((sets[0].permitted & capture) == 0 || (sets[0].effective & capture) != 0) return;
  sets[0].effective |= capture;
  syscall(SYS_capset, &header, sets);
}

// Of the Swift runtime: what the arguments are. By itself it reads them from /proc, and where there is none finds none.
void _swift_stdlib_overrideUnsafeArgvArgc(char **values, int32_t count);

static void prepare(int count, char **values, char **environment) {
  _swift_stdlib_overrideUnsafeArgvArgc(values, count);
  // In a static program (which has no loader) the runtime asks /proc where it lies, for the sake of its backtracer, and ends without
  // an answer. No backtracer is there.
  if (getauxval(AT_BASE) == 0) setenv("SWIFT_ROOT", "/nonexistent", 0);
  raise_capability();
  struct sigaction action = {.sa_handler = end};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  // A reader that went away and a file that must not grow are errors of write(2), not the end.
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL);
  sigaction(SIGXFSZ, &action, NULL);

  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  // Kept until somebody knows what to do about it.
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  sigprocmask(SIG_BLOCK, &set, NULL);

  // A file must not become standard output by being opened first: open(2) takes the lowest number that is free.
  for (int number = 0; number <= 2; number++) {
    if (fcntl(number, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0) open("/", O_PATH);
  }
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define INTERCEPTED 1
#endif
#endif

#ifdef INTERCEPTED
// A sanitizer's interceptors work after its own start only, which is in the array below.
__attribute__((constructor(101))) static void start(int count, char **values, char **environment) {
  prepare(count, values, environment);
}
#else
// Before the constructors of every library.
__attribute__((section(".preinit_array"), used)) static void (*start)(int, char **, char **) = prepare;
#endif
