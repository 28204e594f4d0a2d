#include "node/data/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "proto/base/must.h"

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef OUR_ARCH

#define X32_BIT 0x40000000u /* x86-64's second numbering of system calls */

#define LOAD(field)       BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(what)      BPF_STMT(BPF_RET | BPF_K, what)
#define SKIP_IF(v, n)     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, v, n, 0)
#define SKIP_UNLESS(v, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, v, 0, n)
#define SKIP_IF_BIT(v, n) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, v, n, 0)
#define REFUSED           (SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA))

/* io_uring can open sockets without the call of that name, so it goes with it. */
static bool refuse_sockets(void)
{
    struct sock_filter rules[] = {
        LOAD(arch),
        SKIP_UNLESS(OUR_ARCH, 6), /* to the refusal */
        LOAD(nr),
        SKIP_IF_BIT(X32_BIT, 4),
        SKIP_IF(SYS_socket, 3),
        SKIP_IF(SYS_socketpair, 2),
        SKIP_IF(SYS_io_uring_setup, 1),
        ANSWER(SECCOMP_RET_ALLOW),
        ANSWER(REFUSED),
    };
    struct sock_fprog program = {.len = COUNT(rules), .filter = rules};

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

#else

static bool refuse_sockets(void)
{
    return false;
}

#endif

bool sandbox_enter(void)
{
    must(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) == 0);
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && refuse_sockets();
}
