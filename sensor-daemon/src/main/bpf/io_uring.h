/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* What is asked through io_uring makes no system calls: a blind spot as soon as it is something that is followed. */
#pragma once

enum { /* include/uapi/linux/io_uring.h: what opens, closes or connects nothing, and moves no bytes */
	RING_NOP = 0, RING_FSYNC = 3, RING_POLL_ADD = 6, RING_POLL_REMOVE = 7, RING_SYNC_FILE_RANGE = 8, RING_TIMEOUT = 11, RING_TIMEOUT_REMOVE = 12,
	RING_ACCEPT = 13, RING_ASYNC_CANCEL = 14, RING_LINK_TIMEOUT = 15, RING_FALLOCATE = 17, RING_FILES_UPDATE = 20, RING_STATX = 21,
	RING_FADVISE = 24, RING_MADVISE = 25, RING_EPOLL_CTL = 29, RING_PROVIDE_BUFFERS = 31, RING_REMOVE_BUFFERS = 32, RING_SHUTDOWN = 34,
	RING_RENAMEAT = 35, RING_UNLINKAT = 36, RING_MKDIRAT = 37, RING_SYMLINKAT = 38, RING_LINKAT = 39, RING_MSG_RING = 40, RING_FSETXATTR = 41,
	RING_SETXATTR = 42, RING_FGETXATTR = 43, RING_GETXATTR = 44, RING_SOCKET = 45, RING_WAITID = 50, RING_FUTEX_WAIT = 51, RING_FUTEX_WAKE = 52,
	RING_FUTEX_WAITV = 53, RING_FTRUNCATE = 55, RING_BIND = 56, RING_LISTEN = 57, RING_EPOLL_WAIT = 59, RING_PIPE = 62,
};

/* Whether nothing is missed by not seeing it; what newer kernels bring is not known to be that. */
static __always_inline bool harmless(__u8 opcode)
{
	const __u64 all = 1ULL << RING_NOP | 1ULL << RING_FSYNC | 1ULL << RING_POLL_ADD | 1ULL << RING_POLL_REMOVE | 1ULL << RING_SYNC_FILE_RANGE |
			  1ULL << RING_TIMEOUT | 1ULL << RING_TIMEOUT_REMOVE | 1ULL << RING_ACCEPT | 1ULL << RING_ASYNC_CANCEL |
			  1ULL << RING_LINK_TIMEOUT | 1ULL << RING_FALLOCATE | 1ULL << RING_FILES_UPDATE | 1ULL << RING_STATX | 1ULL << RING_FADVISE |
			  1ULL << RING_MADVISE | 1ULL << RING_EPOLL_CTL | 1ULL << RING_PROVIDE_BUFFERS | 1ULL << RING_REMOVE_BUFFERS |
			  1ULL << RING_SHUTDOWN | 1ULL << RING_RENAMEAT | 1ULL << RING_UNLINKAT | 1ULL << RING_MKDIRAT | 1ULL << RING_SYMLINKAT |
			  1ULL << RING_LINKAT | 1ULL << RING_MSG_RING | 1ULL << RING_FSETXATTR | 1ULL << RING_SETXATTR | 1ULL << RING_FGETXATTR |
			  1ULL << RING_GETXATTR | 1ULL << RING_SOCKET | 1ULL << RING_WAITID | 1ULL << RING_FUTEX_WAIT | 1ULL << RING_FUTEX_WAKE |
			  1ULL << RING_FUTEX_WAITV | 1ULL << RING_FTRUNCATE | 1ULL << RING_BIND | 1ULL << RING_LISTEN | 1ULL << RING_EPOLL_WAIT |
			  1ULL << RING_PIPE;

	return opcode < 64 && all >> opcode & 1;
}

/* In whoever submits: the process, or its thread in the kernel that takes what is in the ring (IORING_SETUP_SQPOLL). */
SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(ring_submitted, struct io_kiocb *request)
{
	__u64 cgroup_id;

	if (harmless(request->opcode))
		return 0;
	cgroup_id = current_tracked();
	if (cgroup_id)
		report_blind(cgroup_id, BLIND_IO_URING);
	return 0;
}

/* A ring was made: where it is not seen what is asked through it, it may be anything. */
static __always_inline void ring_made(__u64 cgroup_id)
{
	if (!bpf_core_type_exists(struct trace_event_raw_io_uring_submit_req))
		report_blind(cgroup_id, BLIND_IO_URING);
}
