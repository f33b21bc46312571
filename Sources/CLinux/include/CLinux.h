// What Swift's importer cannot see: declarations behind _GNU_SOURCE, function-like macros, and kernel headers.
// One-line shims only; no logic lives in C.
#ifndef CLINUX_H
#define CLINUX_H

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
// Needs `struct timespec`.
#include <linux/errqueue.h>

// Behind the system's own headers, whose types these would claim otherwise.
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/// Layout twin of `struct mmsghdr`, which glibc declares only under _GNU_SOURCE.
typedef struct {
  struct msghdr msg_hdr;
  unsigned int msg_len;
} CLinux_mmsghdr;

int CLinux_sendmmsg(int fd, CLinux_mmsghdr *_Nonnull messages, unsigned int count, int flags);
int CLinux_recvmmsg(int fd, CLinux_mmsghdr *_Nonnull messages, unsigned int count, int flags);

// The CMSG_* macros.
struct cmsghdr *_Nullable CLinux_CMSG_FIRSTHDR(const struct msghdr *_Nonnull message);
struct cmsghdr *_Nullable CLinux_CMSG_NXTHDR(struct msghdr *_Nonnull message, struct cmsghdr *_Nonnull header);
void *_Nonnull CLinux_CMSG_DATA(struct cmsghdr *_Nonnull header);
size_t CLinux_CMSG_LEN(size_t payload);
size_t CLinux_CMSG_SPACE(size_t payload);

extern const int CLinux_SOL_UDP;
extern const int CLinux_UDP_SEGMENT;
extern const unsigned long CLinux_SIOCGIFHWADDR;
extern const unsigned long CLinux_SIOCGIFFLAGS;
extern const unsigned int CLinux_ETH_P_ALL;
/// EFD_NONBLOCK | EFD_CLOEXEC.
extern const int CLinux_EFD_FLAGS;
/// SFD_NONBLOCK | SFD_CLOEXEC.
extern const int CLinux_SFD_FLAGS;

// The ring's block status word is shared with the kernel: read with acquire, written with release ordering.
uint32_t CLinux_load_acquire(const void *_Nonnull word);
void CLinux_store_release(void *_Nonnull word, uint32_t value);

/// Asks for the cache line at an address, which need not be a good one.
static inline void CLinux_prefetch(const void *_Nonnull address) { __builtin_prefetch(address); }

/// ioctl(2) with a pointer argument; the importer drops variadic functions.
int CLinux_ioctl(int fd, unsigned long request, void *_Nonnull argument);
/// ioctl(2) whose argument is a number.
int CLinux_ioctl_number(int fd, unsigned long request, unsigned long argument);

/// syscall(2) and prctl(2), which are variadic, with as many arguments as are needed here.
long CLinux_syscall(long number, long first, long second, long third, long fourth);
int CLinux_prctl(int option, unsigned long first, unsigned long second);
/// Real, effective and saved ID at once: setresuid(2), setresgid(2).
int CLinux_setresuid(uid_t user);
int CLinux_setresgid(gid_t group);

/// accept4(2) with SOCK_NONBLOCK | SOCK_CLOEXEC, without the other side's address.
int CLinux_accept(int fd);

/// pthread_setname_np(3) of the calling thread, at most 15 bytes: what `ps -L` and `perf` show.
int CLinux_name_thread(const char *_Nonnull name);

#endif
