/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Follows the processes of tracked cgroups: TLS plaintext, JSON-RPC over pipes, UNIX sockets and terminals, files with what was really
 * read and written, connections, programs. Everything goes into one ring buffer, in the order in which it happened.
 *
 *   system_calls.h  tp_btf sys_exit ─────────────────────────┐ files, pipes, sockets, terminals, connect, mmap
 *   io_uring.h      tp_btf io_uring_submit_req ──────────────┤ that it is used
 *   processes.h     tp_btf sched_process_exec, _fork, _exit ─┤
 *                   tp_btf cgroup_mkdir, cgroup_rmdir ───────┼──► ring.h ──► RingReader
 *   sockets.h       tp_btf inet_sock_set_state ──────────────┤
 *                   tp_btf tcp_destroy_sock ─────────────────┤
 *   tls.h           uprobes SSL_read, SSL_write and alike ───┤
 *                   uprobes crypto/tls.(*Conn).Read, Write ──┤
 *   aead.h          uprobes on what seals and opens records ─┤
 *   java.h          sys_exit of write(2) to /dev/null ───────┤ what an agent in a JVM hands over of JSSE
 *   tls_sockets.h   both of a thread ────────────────────────┘ where a TLS connection leads
 *   network.h       cgroup connect4/6, sendmsg4/6 ──► EPERM for what is in `blocked`
 *
 * System calls are looked at when they return, since only then it is known how much was moved, and since the arguments are
 * still in the registers then.
 */
#define __VMLINUX_H__ /* tells bpf_tracing.h that struct pt_regs is the kernel's */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>
#include "records.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL"; /* what the kernel calls compatible; the file's own licence is above */

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFCHR 0020000
#define S_IFREG 0100000
#define S_IFIFO 0010000
#define O_PATH 010000000
#define PROT_EXEC 4
#define MAP_ANONYMOUS 0x20
#define F_DUPFD 0
#define F_DUPFD_CLOEXEC 1030
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define UNIX_SOCKET (1ULL << 63)	/* with an inode's number: no address of the kernel's */
#define AF_NETLINK 16
#define AF_ALG 38
#define IPPROTO_TCP 6
#define MSG_OOB 1		/* urgent: the last byte is not in the stream, but beside it */
#define MSG_TRUNC 0x20		/* of TCP: what is received is thrown away */
#define NOT_TAKEN (2 | 0x2000)	/* MSG_PEEK, and MSG_ERRQUEUE, which gives back what was sent */
#define TCP_SYN_SENT 2
#define TCP_FIN_WAIT1 4
#define TCP_CLOSE 7
#define TCP_LAST_ACK 9
#define DEV_NULL (1 << 20 | 3)	/* Documentation/admin-guide/devices.txt; include/linux/kdev_t.h */
#define DEV_TTY (5 << 20)
#define DEV_PTMX (5 << 20 | 2)
#define PTS_MAJOR 136			/* the first of eight */
#define CLOSE_RANGE_CLOEXEC 4
#define PTRACE_TRACEME 0
#define O_ACCMODE 3
#define X32 0x40000000	/* arch/x86/include/uapi/asm/unistd.h: the bit that tells numbers of x32 */
#define TS_COMPAT 2	/* arch/x86/include/asm/thread_info.h: the system call is a 32-bit one */
#define PF_FORKNOEXEC 0x40	/* include/linux/sched.h: forked, and no program executed since */
#define SIGKILL 9
#define SIGCONT 18
#define SIGSTOP 19

#define PIECE (16 << 10)		/* largest data of one record: a TLS record's */
#define PIECES 320			/* of one call: 4 MiB, and up to 64 segments of a vector */
#define PATH_SIZE 4096
#define ARGUMENT_PIECES 4		/* of a program's words: 64 KiB */
#define GREETING 4096			/* bytes that a TLS client sends before it has an answer, at most: a hello with key shares and a ticket */
#define CERTIFICATES (8 << 10)		/* bytes that it sends to end a handshake, at most: a second hello, or its certificates */
#define HANDSHAKE 300			/* the same where its records are not known, and it shows no certificate */
#define MESSAGES 1024			/* of one call, which the kernel takes at most (UIO_MAXIOV) */
#define COMPONENTS 64			/* of a path */
#define DESCRIPTORS (64 << 10)		/* of one process that are looked through when it ends */
#define KEPT 32				/* part of the ring that is for what a process waits for */
#define PENDING (1 << 20)		/* bytes in the ring that are worth waking a reader that waits for its timer */

#include "maps.h"
#include "ring.h"
#include "pieces.h"
#include "tls.h"
#include "sockets.h"
#include "aead.h"
#include "files.h"
#include "terminals.h"
#include "java.h"
#include "io_uring.h"
#include "handshake.h"
#include "tls_sockets.h"
#include "datagrams.h"
#include "system_calls.h"
#include "processes.h"
#include "network.h"
