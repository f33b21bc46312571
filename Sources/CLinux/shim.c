#include "CLinux.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <unistd.h>

_Static_assert(sizeof(CLinux_mmsghdr) == sizeof(struct mmsghdr), "mmsghdr layout");
_Static_assert(offsetof(CLinux_mmsghdr, msg_len) == offsetof(struct mmsghdr, msg_len), "mmsghdr layout");

int CLinux_sendmmsg(int fd, CLinux_mmsghdr *messages, unsigned int count, int flags) {
  return sendmmsg(fd, (struct mmsghdr *)messages, count, flags);
}
int CLinux_recvmmsg(int fd, CLinux_mmsghdr *messages, unsigned int count, int flags) {
  return recvmmsg(fd, (struct mmsghdr *)messages, count, flags, NULL);
}

struct cmsghdr *CLinux_CMSG_FIRSTHDR(const struct msghdr *message) { return CMSG_FIRSTHDR(message); }
struct cmsghdr *CLinux_CMSG_NXTHDR(struct msghdr *message, struct cmsghdr *header) { return CMSG_NXTHDR(message, header); }
void *CLinux_CMSG_DATA(struct cmsghdr *header) { return CMSG_DATA(header); }
size_t CLinux_CMSG_LEN(size_t payload) { return CMSG_LEN(payload); }
size_t CLinux_CMSG_SPACE(size_t payload) { return CMSG_SPACE(payload); }

const int CLinux_SOL_UDP = SOL_UDP;
const int CLinux_UDP_SEGMENT = UDP_SEGMENT;
const unsigned long CLinux_SIOCGIFHWADDR = SIOCGIFHWADDR;
const unsigned long CLinux_SIOCGIFFLAGS = SIOCGIFFLAGS;
const unsigned int CLinux_ETH_P_ALL = ETH_P_ALL;
const int CLinux_EFD_FLAGS = EFD_NONBLOCK | EFD_CLOEXEC;
const int CLinux_SFD_FLAGS = SFD_NONBLOCK | SFD_CLOEXEC;

uint32_t CLinux_load_acquire(const void *word) { return __atomic_load_n((const uint32_t *)word, __ATOMIC_ACQUIRE); }
void CLinux_store_release(void *word, uint32_t value) { __atomic_store_n((uint32_t *)word, value, __ATOMIC_RELEASE); }

int CLinux_ioctl(int fd, unsigned long request, void *argument) { return ioctl(fd, request, argument); }
int CLinux_ioctl_number(int fd, unsigned long request, unsigned long argument) { return ioctl(fd, request, argument); }
long CLinux_syscall(long number, long first, long second, long third, long fourth) {
  return syscall(number, first, second, third, fourth);
}
int CLinux_prctl(int option, unsigned long first, unsigned long second) { return prctl(option, first, second, 0UL, 0UL); }
int CLinux_setresuid(uid_t user) { return setresuid(user, user, user); }
int CLinux_setresgid(gid_t group) { return setresgid(group, group, group); }
int CLinux_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }
int CLinux_name_thread(const char *name) { return pthread_setname_np(pthread_self(), name); }
