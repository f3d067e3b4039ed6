/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Follows the processes of tracked cgroups: TLS plaintext, JSON-RPC over pipes and UNIX sockets, files with what was really
 * read and written, connections, programs. Everything goes into one ring buffer, in the order in which it happened.
 *
 *   tp_btf sys_exit ─────────────┐ files, stdio, connect, mmap, io_uring
 *   tp_btf sched_process_exec    │
 *   tp_btf sched_process_exit    ├──► ring ──► RingReader
 *   tp_btf cgroup_mkdir, rmdir   │
 *   uprobe SSL_{read,write}{,_ex}┘
 *   cgroup connect4/6, sendmsg4/6 ──► EPERM for what is in `blocked`
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
#define S_IFREG 0100000
#define S_IFIFO 0010000
#define O_PATH 010000000
#define PROT_EXEC 4
#define MAP_ANONYMOUS 0x20
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define MSG_PEEK 2
#define TCP_CLOSE 7
#define CLOSE_RANGE_CLOEXEC 4
#define TS_COMPAT 2	/* arch/x86/include/asm/thread_info.h: the system call is a 32-bit one */
#define PF_FORKNOEXEC 0x40	/* include/linux/sched.h: forked, and no program executed since */
#define SIGKILL 9
#define SIGCONT 18
#define SIGSTOP 19

#define PIECE (16 << 10)		/* largest data of one record: a TLS record's */
#define PIECES 320			/* of one call: 4 MiB, and up to 64 segments of a vector */
#define PATH_SIZE 4096
#define HANDSHAKE 300			/* bytes that a client sends to end a handshake, at most, if it shows no certificate */
#define COMPONENTS 64			/* of a path */
#define DESCRIPTORS (64 << 10)		/* of one process that are looked through when it ends */
#define PENDING (1 << 20)		/* bytes in the ring that are worth waking a reader that waits for its timer */

/* ---- maps ---------------------------------------------------------------------------------------------------------- */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 << 20);
} ring SEC(".maps");

/* cgroup id → id of the tracked cgroup that it is in (the pod's) */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64 << 10);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u64);
} tracked SEC(".maps");

/* process, descriptor → the file that is open there and what went through it */
struct file_key {
	__u64 start_ns;
	__u32 tgid;
	__u32 fd;
};
struct file_state {
	__u64 file;	/* struct file *, to tell whether the descriptor was given to another */
	__u64 id;
	__u64 bytes_read;
	__u64 bytes_written;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256 << 10);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct file_key);
	__type(value, struct file_state);
} files SEC(".maps");

/* SSL object of a process → next position in each direction */
struct connection_key {
	__u64 ssl;
	__u64 start_ns;
	__u64 tgid;
};
struct connection_state {
	__u64 position[2];
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64 << 10);
	__type(key, struct connection_key);
	__type(value, struct connection_state);
} connections SEC(".maps");

/* inode of a pipe or of the writing end of a socket pair → next position, and whether a write began with '{' */
struct channel_state {
	__u64 position;
	__u64 json;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16 << 10);
	__type(key, __u64);
	__type(value, struct channel_state);
} channels SEC(".maps");

/* TCP socket → what it carries, and whose it is */
enum carries {
	CARRIES_UNKNOWN,	/* nothing that is told: not HTTP so far */
	CARRIES_HTTP,
	CARRIES_TLS,		/* seen in the library, or not at all */
	CARRIES_TLS_DATA,	/* and so much that it was more than a handshake */
};
struct socket_state {
	__u64 position[2];
	__u64 answered;		/* bytes that a TLS client had sent when the first answer came */
	__u64 start_ns;
	__u64 cgroup_id;
	__u32 tgid;
	__u32 carries;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64 << 10);
	__type(key, __u64);	/* struct sock * */
	__type(value, struct socket_state);
} sockets SEC(".maps");

/* goroutine → the read of a TLS connection that it is in; Go moves stacks, so returns are probed at each RET and not hijacked */
struct go_key {
	__u64 goroutine;	/* address of its g, which the ABI keeps in R14 */
	__u64 tgid;
};
struct go_read {
	__u64 connection;
	__u64 buffer;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32 << 10);
	__type(key, struct go_key);
	__type(value, struct go_read);
} go_reads SEC(".maps");

/* thread → the library calls that it is in, innermost last; goes with the thread */
#define NESTED 4
struct tls_call {
	__u64 sp;	/* at entry: tells a call from one that was left by longjmp, and a second probe on the same call */
	__u64 ssl;
	__u64 buffer;
	__u64 count;	/* where an _ex function says how much; 0 if the return value does */
	__u64 direction;
};
struct thread_state {
	__u64 depth;
	struct tls_call calls[NESTED];
};
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread_state);
} threads SEC(".maps");

/* start of a process → what it is blind for, reported once */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4 << 10);
	__type(key, __u64);
	__type(value, __u64);
} blind SEC(".maps");

/* processes that are ended at their next TLS write */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4 << 10);
	__type(key, __u32);
	__type(value, __u64);	/* start_ns: not a later process with that number */
} condemned SEC(".maps");

/* tracked cgroup, destination → how often it was refused */
struct destination {
	__u64 pod;
	__u8 address[16];	/* IPv6, or IPv4 mapped */
	__u16 port;		/* network order, 0 for any */
	__u16 reserved[3];
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16 << 10);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct destination);
	__type(value, __u64);
} blocked SEC(".maps");

/* beginnings of paths: a process that opens such a file waits until it is judged */
#define HELD_PATH 248
struct held_path {
	__u32 bits;
	__u8 path[HELD_PATH];
};
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 4 << 10);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct held_path);
	__type(value, __u8);
} held SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct held_path);
} held_key SEC(".maps");

/* where paths are put together, from the end: twice the longest, so that no component can leave it */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8[2 * PATH_SIZE]);
} scratch SEC(".maps");

/* All of .bss, which the reader maps. */
struct {
	__u64 waiting;		/* what the reader does: 0 it reads, 1 it sleeps until woken, 2 it waits for its timer */
	__u64 lost_records;	/* that found the ring full, or could not be told whole */
	__u64 lost_bytes;	/* of their payload */
	__u64 openings;		/* the last sequence that was given out */
} shared;

/* ---- ring ---------------------------------------------------------------------------------------------------------- */

static __always_inline __u64 wakeup(bool urgent)
{
	__u64 reader = *(volatile __u64 *)&shared.waiting;

	if (reader == 0)
		return BPF_RB_NO_WAKEUP;
	if (reader == 2 && !urgent && bpf_ringbuf_query(&ring, 0 /* BPF_RB_AVAIL_DATA */) < PENDING)
		return BPF_RB_NO_WAKEUP;
	*(volatile __u64 *)&shared.waiting = 0;
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline void lose(__u64 bytes)
{
	__sync_fetch_and_add(&shared.lost_records, 1);
	__sync_fetch_and_add(&shared.lost_bytes, bytes);
}

static __always_inline void fill(struct header *header, __u32 kind, __u64 cgroup_id)
{
	struct task_struct *task = bpf_get_current_task_btf();

	header->kind = kind;
	header->tgid = task->tgid;
	header->tid = task->pid;
	header->ppid = BPF_CORE_READ(task, real_parent, tgid);
	header->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	header->cgroup_id = cgroup_id;
	header->ktime_ns = bpf_ktime_get_ns();
}

static __always_inline __u64 start_ns(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return BPF_CORE_READ(task, group_leader, start_boottime);
}

/*
 * The current cgroup if it is tracked, else 0. A process that came into the cgroup from outside and has not executed a program
 * there yet is the container runtime's, which prepares the container: what it does is not the agent's.
 */
static __always_inline __u64 current_tracked(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 id = bpf_get_current_cgroup_id(), parent;

	if (!bpf_map_lookup_elem(&tracked, &id))
		return 0;
	if (BPF_CORE_READ(task, group_leader, flags) & PF_FORKNOEXEC) { /* which every other thread has anyway */
		parent = BPF_CORE_READ(task, real_parent, cgroups, dfl_cgrp, kn, id);
		if (!bpf_map_lookup_elem(&tracked, &parent))
			return 0;
	}
	return id;
}

static __always_inline void emit_plain(__u32 kind, __u64 cgroup_id, __u64 code)
{
	struct plain_record *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

	if (!record) {
		lose(0);
		return;
	}
	fill(&record->header, kind, cgroup_id);
	record->code = code;
	bpf_ringbuf_submit(record, wakeup(true));
}

/* ---- pieces of streams --------------------------------------------------------------------------------------------- */

struct emission {
	__u64 base;		/* of the current segment, in user memory */
	__u64 left;		/* bytes of it */
	__u64 vector;		/* next struct iovec, in user memory */
	__u64 vectors;		/* how many are left */
	__u64 remain;		/* bytes of the call that are not out yet */
	__u64 position;
	__u64 channel;
	__u64 end;
	__u64 cgroup_id;
	__u32 call_length;
	__u32 kind;
	__u32 direction;
	__u32 may_fault;
};

struct user_iovec {
	__u64 base;
	__u64 length;
};

/*
 * One record of a size class. Memory that the process has just used is nearly always there to be read. Where it is not and the
 * program may wait, it is fetched before the room in the ring is taken: nobody can hold up the ring with a page that never comes.
 */
#define EMIT(CLASS)                                                                                                      \
	static __noinline int emit_##CLASS(struct emission *e, __u64 length)                                             \
	{                                                                                                                \
		struct data_record *record;                                                                              \
		long error;                                                                                              \
                                                                                                                         \
		if (length > CLASS)                                                                                      \
			return 0;                                                                                        \
		record = bpf_ringbuf_reserve(&ring, sizeof(*record) + CLASS, 0);                                         \
		if (!record) {                                                                                           \
			lose(length);                                                                                    \
			return 0;                                                                                        \
		}                                                                                                        \
		error = bpf_probe_read_user(record->data, length, (void *)e->base);                                      \
		if (error) {                                                                                             \
			bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);                                                   \
			return 1;                                                                                        \
		}                                                                                                        \
		fill(&record->header, e->kind, e->cgroup_id);                                                            \
		record->channel = e->channel;                                                                            \
		record->end = e->end;                                                                                    \
		record->position = e->position;                                                                          \
		record->call_length = e->call_length;                                                                    \
		record->length = length;                                                                                 \
		record->direction = e->direction;                                                                        \
		record->reserved = 0;                                                                                    \
		bpf_ringbuf_submit(record, wakeup(false));                                                               \
		return 0;                                                                                                \
	}

EMIT(256)
EMIT(1024)
EMIT(4096)
EMIT(16384)

static __always_inline int emit_piece(struct emission *e, __u64 length)
{
	if (length <= 256)
		return emit_256(e, length);
	if (length <= 1024)
		return emit_1024(e, length);
	if (length <= 4096)
		return emit_4096(e, length);
	return emit_16384(e, length);
}

static __always_inline long next_piece(struct emission *e, bool may_fault)
{
	__u64 length = e->left;
	int absent;

	if (e->remain == 0)
		return 1;
	if (length == 0) {
		struct user_iovec segment;

		if (e->vectors == 0)
			return 1;
		if (bpf_probe_read_user(&segment, sizeof(segment), (void *)e->vector))
			return 1;
		e->vector += sizeof(segment);
		e->vectors--;
		e->base = segment.base;
		e->left = segment.length;
		return 0;
	}
	if (length > e->remain)
		length = e->remain;
	if (length > PIECE)
		length = PIECE;
	absent = emit_piece(e, length);
	if (absent && may_fault) {
		__u8 byte;

		/* at most five pages: the first byte of each, and the last */
		for (int i = 0; i <= PIECE / 4096; i++)
			if ((__u64)i * 4096 < length)
				bpf_copy_from_user(&byte, 1, (void *)(e->base + (__u64)i * 4096));
		bpf_copy_from_user(&byte, 1, (void *)(e->base + length - 1));
		absent = emit_piece(e, length);
	}
	if (absent)
		lose(length);
	e->base += length;
	e->left -= length;
	e->remain -= length;
	e->position += length;
	return 0;
}

static long next_piece_at_once(__u32 i, struct emission *e)
{
	return next_piece(e, false);
}

static long next_piece_may_fault(__u32 i, struct emission *e)
{
	return next_piece(e, true);
}

/* What is beyond the limit, or in a vector that cannot be read, is lost bytes: the next position tells how many. */
static __always_inline void emit(struct emission *e, bool may_fault)
{
	if (may_fault)
		bpf_loop(PIECES, next_piece_may_fault, e, 0);
	else
		bpf_loop(PIECES, next_piece_at_once, e, 0);
	if (e->remain)
		lose(e->remain);
}

/* ---- TLS ----------------------------------------------------------------------------------------------------------- */

#define TLS_WRITE 0	/* cookies of the attached functions: direction, and whether the count is returned by reference */
#define TLS_READ 1
#define TLS_EX 2

extern bool bpf_session_is_return(void) __ksym __weak;

/* Plaintext that a library took or gave. */
static __always_inline void tls_moved(__u64 ssl, __u32 direction, __u64 buffer, __u64 moved)
{
	struct connection_state *connection, fresh = {};
	struct connection_key key = {};
	struct emission e = {};

	key.ssl = ssl;
	key.start_ns = start_ns();
	key.tgid = bpf_get_current_pid_tgid() >> 32;
	connection = bpf_map_lookup_elem(&connections, &key);
	if (!connection) {
		bpf_map_update_elem(&connections, &key, &fresh, BPF_NOEXIST);
		connection = bpf_map_lookup_elem(&connections, &key);
		if (!connection) {
			lose(moved);
			return;
		}
	}
	e.kind = KIND_TLS;
	e.cgroup_id = bpf_get_current_cgroup_id();
	e.channel = ssl;
	e.direction = direction & 1;
	e.base = buffer;
	e.left = moved;
	e.remain = moved;
	e.call_length = moved;
	e.position = __sync_fetch_and_add(&connection->position[direction & 1], moved);
	emit(&e, true);
}

/* Whether the process is to be ended at its next TLS write, which is now. */
static __always_inline bool end_condemned(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u64 *start = bpf_map_lookup_elem(&condemned, &tgid);

	if (!start || *start != start_ns())
		return false;
	bpf_send_signal(SIGKILL);
	return true;
}

/* The connection object is done with. */
static __always_inline int tls_ended(__u64 ssl)
{
	struct connection_key key = {};
	__u64 cgroup_id = current_tracked();

	if (!cgroup_id)
		return 0;
	key.ssl = ssl;
	key.start_ns = start_ns();
	key.tgid = bpf_get_current_pid_tgid() >> 32;
	if (bpf_map_delete_elem(&connections, &key) == 0)
		emit_plain(KIND_TLS_CLOSED, cgroup_id, key.ssl);
	return 0;
}

/* 0 if the return is of interest. */
static __always_inline int tls_enter(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx);
	__u64 sp = ctx->sp;
	struct thread_state *thread;
	struct tls_call *call;
	__u64 depth;

	if (!current_tracked())
		return 1;
	if ((cookie & TLS_READ) == 0 && end_condemned())
		return 1;
	thread = bpf_task_storage_get(&threads, bpf_get_current_task_btf(), NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!thread)
		return 1;
	depth = thread->depth;
	for (int i = 0; i < NESTED; i++) { /* calls that were left without returning: the stack is above them again */
		if (depth == 0 || depth > NESTED || thread->calls[(depth - 1) & (NESTED - 1)].sp > sp)
			break;
		depth--;
	}
	if (depth >= NESTED) {
		lose(0);
		return 1;
	}
	call = &thread->calls[depth & (NESTED - 1)];
	call->sp = sp;
	call->ssl = ctx->di;
	call->buffer = ctx->si;
	call->count = cookie & TLS_EX ? ctx->cx : 0;
	call->direction = cookie & TLS_READ ? DIRECTION_RECEIVED : DIRECTION_SENT;
	thread->depth = depth + 1;
	return 0;
}

static __always_inline int tls_return(struct pt_regs *ctx)
{
	struct thread_state *thread;
	struct tls_call *call;
	__s64 moved = (__s32)ctx->ax;
	__u64 sp = ctx->sp - 8; /* the return address is off the stack */
	__u64 depth;

	thread = bpf_task_storage_get(&threads, bpf_get_current_task_btf(), NULL, 0);
	if (!thread)
		return 0;
	depth = thread->depth;
	for (int i = 0; i < NESTED; i++) {
		if (depth == 0 || depth > NESTED || thread->calls[(depth - 1) & (NESTED - 1)].sp >= sp)
			break;
		depth--;
	}
	if (depth == 0 || depth > NESTED)
		return 0;
	call = &thread->calls[(depth - 1) & (NESTED - 1)];
	if (call->sp != sp)
		return 0;
	thread->depth = depth - 1;
	if (moved <= 0)
		return 0;
	if (call->count) {
		__u64 count = 0;

		if (bpf_probe_read_user(&count, sizeof(count), (void *)call->count)) {
			lose(0);
			return 0;
		}
		moved = count;
	}
	if (moved <= 0 || moved > 0x7fffffff)
		return 0;
	tls_moved(call->ssl, call->direction & 1, call->buffer, moved);
	return 0;
}

SEC("uprobe.s")
int tls_session(struct pt_regs *ctx)
{
	return bpf_session_is_return() ? tls_return(ctx) : tls_enter(ctx);
}

SEC("uprobe.s")
int tls_entry(struct pt_regs *ctx)
{
	tls_enter(ctx);
	return 0;
}

SEC("uprobe.s")
int tls_exit(struct pt_regs *ctx)
{
	return tls_return(ctx);
}

SEC("uprobe.s")
int tls_free(struct pt_regs *ctx)
{
	return tls_ended(ctx->di);
}

/*
 * Go's crypto/tls: func (c *Conn) Write(b []byte) (int, error), and Read alike. The ABI (abi-internal.md) has the receiver in AX,
 * the slice in BX and CX, the first result in AX. A write is told when it begins, with all of its bytes.
 */
SEC("uprobe.s")
int go_write(struct pt_regs *ctx)
{
	__s64 length = ctx->cx;

	if (current_tracked() && !end_condemned() && length > 0 && length <= 0x7fffffff)
		tls_moved(ctx->ax, DIRECTION_SENT, ctx->bx, length);
	return 0;
}

SEC("uprobe.s")
int go_read(struct pt_regs *ctx)
{
	struct go_key key = {.goroutine = ctx->r14, .tgid = bpf_get_current_pid_tgid() >> 32};
	struct go_read read = {.connection = ctx->ax, .buffer = ctx->bx};

	if (current_tracked() && bpf_map_update_elem(&go_reads, &key, &read, BPF_ANY))
		lose(0);
	return 0;
}

SEC("uprobe.s")
int go_read_return(struct pt_regs *ctx)
{
	struct go_key key = {.goroutine = ctx->r14, .tgid = bpf_get_current_pid_tgid() >> 32};
	struct go_read *read = bpf_map_lookup_elem(&go_reads, &key), copy;
	__s64 length = ctx->ax;

	if (!read)
		return 0;
	copy = *read;
	bpf_map_delete_elem(&go_reads, &key);
	if (length > 0 && length <= 0x7fffffff)
		tls_moved(copy.connection, DIRECTION_RECEIVED, copy.buffer, length);
	return 0;
}

SEC("uprobe.s")
int go_close(struct pt_regs *ctx)
{
	return tls_ended(ctx->ax);
}

/* ---- files --------------------------------------------------------------------------------------------------------- */

static __always_inline struct file *file_of(__u32 fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **array, *file = NULL;

	if (fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	array = BPF_CORE_READ(table, fd);
	bpf_probe_read_kernel(&file, sizeof(file), array + fd);
	return file;
}

struct walk {
	struct dentry *dentry;
	struct vfsmount *mount;
	struct dentry *root_dentry;
	struct vfsmount *root_mount;
	__u8 *buffer;
	__u32 offset;
	__u32 complete;
	__u32 detached;
};

static long next_component(__u32 i, struct walk *w)
{
	struct vfsmount *here = w->mount;
	struct dentry *dentry = w->dentry, *top = BPF_CORE_READ(here, mnt_root), *parent = BPF_CORE_READ(dentry, d_parent);
	const unsigned char *name;
	__u32 length, offset;

	if (dentry == w->root_dentry && here == w->root_mount) {
		w->complete = 1;
		return 1;
	}
	if (w->detached && dentry == parent) {
		w->complete = 1;
		return 1;
	}
	if (!w->detached && (dentry == top || dentry == parent)) {
		struct mount *mount = (void *)here - bpf_core_field_offset(struct mount, mnt);
		struct mount *below = BPF_CORE_READ(mount, mnt_parent);

		if (below == mount && dentry == top && dentry != parent && w->offset == PATH_SIZE) {
			w->detached = 1; /* a file that is mounted nowhere (open_tree): named as in its file system */
			return 0;
		}
		if (dentry != top || below == mount) { /* out of the tree, or outside the process's root */
			w->complete = dentry == top;
			return 1;
		}
		w->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		w->mount = (void *)below + bpf_core_field_offset(struct mount, mnt);
		return 0;
	}
	length = BPF_CORE_READ(dentry, d_name.len) & 0xff;
	name = BPF_CORE_READ(dentry, d_name.name);
	offset = w->offset;
	if (length + 1 > offset || offset > PATH_SIZE)
		return 1;
	offset -= length;
	if (offset >= PATH_SIZE)
		return 1;
	bpf_probe_read_kernel(w->buffer + offset, length, name);
	offset -= 1;
	if (offset >= PATH_SIZE)
		return 1;
	w->buffer[offset] = '/';
	w->offset = offset;
	w->dentry = parent;
	return 0;
}

/*
 * The path of an open file, from the process's root, in scratch[offset, PATH_SIZE): what it is really, with symbolic links
 * followed and mounts crossed (mnt_parent, as d_path does it).
 */
static __always_inline void resolve(struct file *file, struct walk *w)
{
	struct task_struct *task = bpf_get_current_task_btf();

	w->dentry = BPF_CORE_READ(file, f_path.dentry);
	w->mount = BPF_CORE_READ(file, f_path.mnt);
	w->root_dentry = BPF_CORE_READ(task, fs, root.dentry);
	w->root_mount = BPF_CORE_READ(task, fs, root.mnt);
	w->offset = PATH_SIZE;
	w->complete = 0;
	w->detached = 0;
	bpf_loop(2 * COMPONENTS, next_component, w, 0);
}

#define EMIT_PATH(CLASS)                                                                                                 \
	static __noinline int emit_path_##CLASS(struct path_record *what, const __u8 *path, __u32 length)                \
	{                                                                                                                \
		struct path_record *record;                                                                              \
                                                                                                                         \
		if (!what || length > CLASS)                                                                             \
			return 1;                                                                                        \
		record = bpf_ringbuf_reserve(&ring, sizeof(*record) + CLASS, 0);                                         \
		if (!record) {                                                                                           \
			lose(0);                                                                                         \
			return 1;                                                                                        \
		}                                                                                                        \
		fill(&record->header, what->header.kind, what->header.cgroup_id);                                        \
		record->id = what->id;                                                                                   \
		record->inode = what->inode;                                                                             \
		record->device = what->device;                                                                           \
		record->fd = what->fd;                                                                                   \
		record->flags = what->flags;                                                                             \
		record->absolute = what->absolute;                                                                       \
		record->held = what->held;                                                                               \
		record->reserved = 0;                                                                                    \
		record->length = length;                                                                                 \
		bpf_probe_read_kernel(record->path, length, path);                                                       \
		bpf_ringbuf_submit(record, wakeup(true));                                                                \
		return 0;                                                                                                \
	}

EMIT_PATH(256)
EMIT_PATH(4096)

/* 0 if it is in the ring. */
static __always_inline int emit_path(struct path_record *what, const __u8 *path, __u32 length)
{
	return length <= 256 ? emit_path_256(what, path, length) : emit_path_4096(what, path, length);
}

/* Whether a process that opens this waits until it is judged. */
static __always_inline bool is_held(const __u8 *path, __u32 length)
{
	__u32 zero = 0;
	struct held_path *key = bpf_map_lookup_elem(&held_key, &zero);

	if (!key)
		return false;
	if (length > HELD_PATH)
		length = HELD_PATH;
	if (bpf_probe_read_kernel(key->path, length, path))
		return false;
	key->bits = length * 8;
	return bpf_map_lookup_elem(&held, key);
}

/* KIND_OPENED or KIND_MAPPED of an open file. */
static __always_inline void emit_file(__u32 kind, __u64 cgroup_id, struct file *file, __u64 id, __s32 fd)
{
	struct path_record what = {};
	struct walk w = {};
	__u32 zero = 0;

	w.buffer = bpf_map_lookup_elem(&scratch, &zero);
	if (!w.buffer)
		return;
	resolve(file, &w);
	if (w.offset > PATH_SIZE)
		return;
	what.header.kind = kind;
	what.header.cgroup_id = cgroup_id;
	what.id = id;
	what.inode = BPF_CORE_READ(file, f_inode, i_ino);
	what.device = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	what.fd = fd;
	what.flags = BPF_CORE_READ(file, f_flags);
	what.absolute = w.complete;
	what.held = kind == KIND_OPENED && is_held(w.buffer + w.offset, PATH_SIZE - w.offset);
	/* The signal first: whoever reads the record takes it back. It stops the thread when the system call returns. */
	if (what.held)
		bpf_send_signal_thread(SIGSTOP);
	if (emit_path(&what, w.buffer + w.offset, PATH_SIZE - w.offset) && what.held)
		bpf_send_signal(SIGCONT);
}

static __always_inline void emit_closed(__u64 cgroup_id, __u32 fd, struct file_state *state)
{
	struct closed_record *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

	if (!record) {
		lose(0);
		return;
	}
	fill(&record->header, KIND_CLOSED, cgroup_id);
	record->id = state->id;
	record->bytes_read = state->bytes_read;
	record->bytes_written = state->bytes_written;
	record->fd = fd;
	record->reserved = 0;
	bpf_ringbuf_submit(record, wakeup(false));
}

static __always_inline void key_of(struct file_key *key, __u32 fd)
{
	key->start_ns = start_ns();
	key->tgid = bpf_get_current_pid_tgid() >> 32;
	key->fd = fd;
}

static __noinline int close_file(__u64 cgroup_id, struct file_key *key)
{
	struct file_state *state, copy;

	if (!key)
		return 0;
	state = bpf_map_lookup_elem(&files, key);
	if (!state)
		return 0;
	copy = *state;
	if (bpf_map_delete_elem(&files, key) == 0) /* one of the threads that close it reports it */
		emit_closed(cgroup_id, key->fd, &copy);
	return 0;
}

/*
 * The state of a regular file that a descriptor leads to. A file that is not known yet was opened before the capture began,
 * inherited, or passed on: it is reported as opened when it is first used.
 */
static __always_inline struct file_state *file_state(__u64 cgroup_id, __u32 fd, struct file *file)
{
	struct file_state *state, fresh = {};
	struct file_key key = {};
	struct dentry *dentry;

	key_of(&key, fd);
	state = bpf_map_lookup_elem(&files, &key);
	if (state && state->file == (__u64)file)
		return state;
	if (state)
		close_file(cgroup_id, &key);
	if (BPF_CORE_READ(file, f_flags) & O_PATH)
		return NULL;
	dentry = BPF_CORE_READ(file, f_path.dentry);
	if (dentry == BPF_CORE_READ(dentry, d_parent)) /* in no folder: memory (memfd_create), no resource */
		return NULL;
	fresh.file = (__u64)file;
	fresh.id = __sync_fetch_and_add(&shared.openings, 1) + 1;
	if (bpf_map_update_elem(&files, &key, &fresh, BPF_ANY)) {
		lose(0);
		return NULL;
	}
	emit_file(KIND_OPENED, cgroup_id, file, fresh.id, fd);
	return bpf_map_lookup_elem(&files, &key);
}

struct sweep {
	__u64 cgroup_id;
	__u32 first;
	__u32 only_others;	/* leave those that the descriptor still leads to */
};

static long sweep_next(__u32 i, struct sweep *sweep)
{
	struct file_key key = {};

	key_of(&key, sweep->first + i);
	if (sweep->only_others) {
		struct file_state *state = bpf_map_lookup_elem(&files, &key);

		if (!state || state->file == (__u64)file_of(key.fd))
			return 0;
	}
	close_file(sweep->cgroup_id, &key);
	return 0;
}

static __always_inline void sweep_files(__u64 cgroup_id, __u32 first, __u32 last, bool only_others)
{
	struct sweep sweep = {.cgroup_id = cgroup_id, .first = first, .only_others = only_others};
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 end = BPF_CORE_READ(task, files, fdt, max_fds);

	if (end > DESCRIPTORS)
		end = DESCRIPTORS;
	if (last < end)
		end = last + 1;
	if (first < end)
		bpf_loop(end - first, sweep_next, &sweep, 0);
}

/* ---- system calls -------------------------------------------------------------------------------------------------- */

static __always_inline __u64 min(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

/* Bytes that were written to a pipe or a UNIX stream socket. */
static __always_inline void written_to_channel(__u64 cgroup_id, struct file *file, __u16 type, struct emission *e)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct channel_state *state, fresh = {};
	__u64 moved = e->remain;

	e->end = BPF_CORE_READ(inode, i_ino);
	e->channel = e->end;
	if (type == S_IFSOCK) {
		struct socket *socket = BPF_CORE_READ(file, private_data);
		struct sock *sock = BPF_CORE_READ(socket, sk), *peer;
		struct socket *other;

		peer = BPF_CORE_READ((struct unix_sock *)sock, peer);
		other = peer ? BPF_CORE_READ(peer, sk_socket) : NULL;
		if (other) {
			struct socket_alloc *whole = (void *)other - bpf_core_field_offset(struct socket_alloc, socket);

			e->channel = min(e->end, BPF_CORE_READ(whole, vfs_inode.i_ino));
		}
	}
	state = bpf_map_lookup_elem(&channels, &e->end);
	if (!state) {
		bpf_map_update_elem(&channels, &e->end, &fresh, BPF_NOEXIST);
		state = bpf_map_lookup_elem(&channels, &e->end);
		if (!state) {
			lose(moved);
			return;
		}
	}
	e->position = __sync_fetch_and_add(&state->position, moved);
	if (!state->json) {
		struct user_iovec segment = {.base = e->base};
		char first = 0;

		if (e->vectors && bpf_probe_read_user(&segment, sizeof(segment), (void *)e->vector))
			return;
		if (bpf_probe_read_user(&first, sizeof(first), (void *)segment.base) || first != '{')
			return;
		state->json = 1;
	}
	e->kind = KIND_STDIO;
	e->cgroup_id = cgroup_id;
	e->call_length = moved;
	emit(e, false);
}

/* What a call's bytes begin with, as far as a TCP connection's user can be told by it. */
static __always_inline __u32 recognise(struct emission *e)
{
	struct user_iovec segment = {.base = e->base};
	__u32 word = 0;

	if (e->vectors && bpf_probe_read_user(&segment, sizeof(segment), (void *)e->vector))
		return CARRIES_UNKNOWN;
	if (bpf_probe_read_user(&word, sizeof(word), (void *)segment.base))
		return CARRIES_UNKNOWN;
	if ((word & 0xffff) == 0x0316) /* a TLS handshake record, RFC 8446, 5.1 */
		return CARRIES_TLS;
	switch (word) { /* little endian: a method of RFC 9110, 9.3 or RFC 5789, a status line, HTTP/2's preface */
	case 0x20544547: /* GET  */
	case 0x54534f50: /* POST */
	case 0x20545550: /* PUT  */
	case 0x44414548: /* HEAD */
	case 0x454c4544: /* DELE */
	case 0x4954504f: /* OPTI */
	case 0x43544150: /* PATC */
	case 0x4e4e4f43: /* CONN */
	case 0x50545448: /* HTTP */
	case 0x20495250: /* PRI  */
		return CARRIES_HTTP;
	}
	return CARRIES_UNKNOWN;
}

/* Bytes that went through a TCP socket. */
static __always_inline void through_socket(__u64 cgroup_id, struct sock *sock, struct emission *e)
{
	struct socket_state *state, fresh = {};
	__u64 key = (__u64)sock, moved = e->remain;
	__u32 seen;

	state = bpf_map_lookup_elem(&sockets, &key);
	if (!state) {
		fresh.start_ns = start_ns();
		fresh.tgid = bpf_get_current_pid_tgid() >> 32;
		fresh.cgroup_id = cgroup_id;
		bpf_map_update_elem(&sockets, &key, &fresh, BPF_NOEXIST);
		state = bpf_map_lookup_elem(&sockets, &key);
		if (!state) {
			lose(moved);
			return;
		}
	}
	e->position = __sync_fetch_and_add(&state->position[e->direction & 1], moved);
	if (state->carries == CARRIES_TLS_DATA)
		return;
	if (state->carries == CARRIES_TLS) {
		if (e->direction == DIRECTION_RECEIVED) {
			if (!state->answered)
				state->answered = state->position[DIRECTION_SENT];
		} else if (state->answered && e->position + moved - state->answered > HANDSHAKE) {
			state->carries = CARRIES_TLS_DATA;
			emit_plain(KIND_TLS_DATA, cgroup_id, key);
		}
		return;
	}
	seen = recognise(e);
	if (seen == CARRIES_TLS) { /* from the start, or through a proxy; a server's connections are not watched for data */
		state->carries = e->direction == DIRECTION_SENT ? CARRIES_TLS : CARRIES_TLS_DATA;
		return;
	}
	if (state->carries == CARRIES_UNKNOWN && seen == CARRIES_UNKNOWN)
		return;
	state->carries = CARRIES_HTTP;
	e->kind = KIND_SOCKET;
	e->cgroup_id = cgroup_id;
	e->channel = key;
	e->end = 0;
	e->call_length = moved;
	emit(e, false);
}

/* Bytes that a call moved through a descriptor, with where they are in the emission. */
static __noinline int on_bytes(__u64 cgroup_id, __u32 fd, struct emission *e)
{
	struct file *file = file_of(fd);
	struct file_state *state;
	struct socket *socket;
	struct sock *sock;
	__u16 type, family;

	if (!e || !file || !e->remain)
		return 0;
	type = BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT;
	if (type == S_IFREG) {
		state = file_state(cgroup_id, fd, file);
		if (state && e->direction == DIRECTION_SENT)
			__sync_fetch_and_add(&state->bytes_written, e->remain);
		else if (state)
			__sync_fetch_and_add(&state->bytes_read, e->remain);
		return 0;
	}
	if (type == S_IFIFO && e->direction == DIRECTION_SENT) {
		written_to_channel(cgroup_id, file, type, e);
		return 0;
	}
	if (type != S_IFSOCK)
		return 0;
	socket = BPF_CORE_READ(file, private_data);
	sock = BPF_CORE_READ(socket, sk);
	if (!sock || BPF_CORE_READ(sock, sk_type) != SOCK_STREAM)
		return 0;
	family = BPF_CORE_READ(sock, __sk_common.skc_family);
	if (family == AF_UNIX && e->direction == DIRECTION_SENT)
		written_to_channel(cgroup_id, file, type, e);
	else if (family == AF_INET || family == AF_INET6)
		through_socket(cgroup_id, sock, e);
	return 0;
}

static __noinline int on_file_bytes(__u64 cgroup_id, __u32 fd, __u64 bytes, bool read)
{
	struct file *file = file_of(fd);
	struct file_state *state;

	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFREG)
		return 0;
	state = file_state(cgroup_id, fd, file);
	if (!state)
		return 0;
	if (read)
		__sync_fetch_and_add(&state->bytes_read, bytes);
	else
		__sync_fetch_and_add(&state->bytes_written, bytes);
	return 0;
}

static __noinline int on_open(__u64 cgroup_id, __u32 fd)
{
	struct file *file = file_of(fd);

	if (file && (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) == S_IFREG)
		file_state(cgroup_id, fd, file);
	return 0;
}

static __noinline int on_map(__u64 cgroup_id, __u32 fd)
{
	struct file *file = file_of(fd);

	if (file)
		emit_file(KIND_MAPPED, cgroup_id, file, 0, fd);
	return 0;
}

static __noinline int on_connect(__u64 cgroup_id, __u32 fd, __u64 address, long result)
{
	struct connected_record *record;
	struct {
		__u16 family;
		__u16 port;
		union {
			__u32 v4;
			struct {
				__u32 flow;
				__u8 v6[16];
			};
		};
	} to = {};

	if (bpf_probe_read_user(&to.family, sizeof(to.family), (void *)address))
		return 0;
	if (to.family != AF_INET && to.family != AF_INET6)
		return 0;
	if (bpf_probe_read_user(&to, to.family == AF_INET ? 8 : 24, (void *)address))
		return 0;
	record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
	if (!record) {
		lose(0);
		return 0;
	}
	fill(&record->header, KIND_CONNECTED, cgroup_id);
	__builtin_memset(record->address, 0, sizeof(record->address));
	if (to.family == AF_INET) {
		record->address[10] = 0xff;
		record->address[11] = 0xff;
		__builtin_memcpy(record->address + 12, &to.v4, 4);
	} else {
		__builtin_memcpy(record->address, to.v6, 16);
	}
	record->fd = fd;
	record->error = result < 0 ? -result : 0;
	record->port = bpf_ntohs(to.port);
	record->reserved = 0;
	bpf_ringbuf_submit(record, wakeup(false));
	return 0;
}

static __always_inline void report_blind(__u64 cgroup_id, __u64 code)
{
	__u64 start = start_ns(), *known = bpf_map_lookup_elem(&blind, &start), both = code;

	if (known) {
		if (*known & code)
			return;
		both |= *known;
	}
	bpf_map_update_elem(&blind, &start, &both, BPF_ANY);
	emit_plain(KIND_BLIND, cgroup_id, code);
}

enum { /* arch/x86/entry/syscalls/syscall_64.tbl */
	NR_READ = 0, NR_WRITE = 1, NR_OPEN = 2, NR_CLOSE = 3, NR_MMAP = 9, NR_PREAD64 = 17, NR_PWRITE64 = 18, NR_READV = 19,
	NR_WRITEV = 20, NR_DUP2 = 33, NR_SENDFILE = 40, NR_CONNECT = 42, NR_SENDTO = 44, NR_RECVFROM = 45, NR_SENDMSG = 46, NR_RECVMSG = 47, NR_CREAT = 85,
	NR_OPENAT = 257, NR_DUP3 = 292, NR_PREADV = 295, NR_PWRITEV = 296, NR_OPEN_BY_HANDLE_AT = 304, NR_COPY_FILE_RANGE = 326,
	NR_PREADV2 = 327, NR_PWRITEV2 = 328, NR_IO_URING_SETUP = 425, NR_CLOSE_RANGE = 436, NR_OPENAT2 = 437,
};

/* Whether a system call is one of those that are looked at: all others end here, for every process of the machine. */
static __always_inline bool of_interest(__u64 nr)
{
	/* one bit a number below 64, and comparisons above */
	const __u64 low = 1ULL << NR_READ | 1ULL << NR_WRITE | 1ULL << NR_OPEN | 1ULL << NR_CLOSE | 1ULL << NR_MMAP |
			  1ULL << NR_PREAD64 | 1ULL << NR_PWRITE64 | 1ULL << NR_READV | 1ULL << NR_WRITEV | 1ULL << NR_DUP2 |
			  1ULL << NR_SENDFILE | 1ULL << NR_CONNECT | 1ULL << NR_SENDTO | 1ULL << NR_RECVFROM |
			  1ULL << NR_SENDMSG | 1ULL << NR_RECVMSG;

	if (nr < 64)
		return low >> nr & 1;
	return nr == NR_OPENAT || nr == NR_CREAT || nr == NR_DUP3 || (nr >= NR_PREADV && nr <= NR_PWRITEV) ||
	       nr == NR_OPEN_BY_HANDLE_AT || (nr >= NR_COPY_FILE_RANGE && nr <= NR_PWRITEV2) || nr == NR_IO_URING_SETUP ||
	       nr == NR_CLOSE_RANGE || nr == NR_OPENAT2;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 nr = regs->orig_ax, cgroup_id;
	struct emission e = {};

	if (!of_interest(nr))
		return 0;
	cgroup_id = current_tracked();
	if (!cgroup_id)
		return 0;
	if (task->thread_info.status & TS_COMPAT) {
		report_blind(cgroup_id, BLIND_COMPAT);
		return 0;
	}
	if (nr == NR_CONNECT)
		return on_connect(cgroup_id, regs->di, regs->si, result);
	if (nr == NR_CLOSE) {
		struct file_key key = {};

		key_of(&key, regs->di);
		return close_file(cgroup_id, &key);
	}
	if (result < 0)
		return 0;
	e.direction = DIRECTION_SENT;
	switch (nr) {
	case NR_OPEN:
	case NR_CREAT:
	case NR_OPENAT:
	case NR_OPENAT2:
	case NR_OPEN_BY_HANDLE_AT:
		return on_open(cgroup_id, result);
	case NR_PREAD64:
	case NR_PREADV:
	case NR_PREADV2:
		return on_file_bytes(cgroup_id, regs->di, result, true);
	case NR_PWRITE64:
	case NR_PWRITEV:
	case NR_PWRITEV2:
		return on_file_bytes(cgroup_id, regs->di, result, false);
	case NR_SENDFILE:
		on_file_bytes(cgroup_id, regs->si, result, true);
		return on_file_bytes(cgroup_id, regs->di, result, false);
	case NR_COPY_FILE_RANGE:
		on_file_bytes(cgroup_id, regs->di, result, true);
		return on_file_bytes(cgroup_id, regs->dx, result, false);
	case NR_RECVFROM:
		if (regs->r10 & MSG_PEEK)
			return 0;
		/* fall through */
	case NR_READ:
		e.direction = DIRECTION_RECEIVED;
		/* fall through */
	case NR_WRITE:
	case NR_SENDTO:
		e.base = regs->si;
		e.left = e.remain = result;
		return on_bytes(cgroup_id, regs->di, &e);
	case NR_READV:
		e.direction = DIRECTION_RECEIVED;
		/* fall through */
	case NR_WRITEV:
		e.vector = regs->si;
		e.vectors = regs->dx;
		e.remain = result;
		return on_bytes(cgroup_id, regs->di, &e);
	case NR_RECVMSG:
		if (regs->dx & MSG_PEEK)
			return 0;
		e.direction = DIRECTION_RECEIVED;
		/* fall through */
	case NR_SENDMSG: {
		__u64 message = regs->si; /* struct user_msghdr: name, namelen, iov at 16, iovlen at 24 */

		bpf_probe_read_user(&e.vector, 8, (void *)(message + 16));
		bpf_probe_read_user(&e.vectors, 8, (void *)(message + 24));
		e.remain = result;
		return on_bytes(cgroup_id, regs->di, &e);
	}
	case NR_MMAP:
		if ((regs->dx & PROT_EXEC) && !(regs->r10 & MAP_ANONYMOUS))
			return on_map(cgroup_id, regs->r8);
		return 0;
	case NR_DUP2:
	case NR_DUP3: {
		struct file_key key = {};

		key_of(&key, regs->si);
		return regs->di == regs->si ? 0 : close_file(cgroup_id, &key);
	}
	case NR_CLOSE_RANGE:
		if (!(regs->dx & CLOSE_RANGE_CLOEXEC))
			sweep_files(cgroup_id, regs->di, regs->si, false);
		return 0;
	case NR_IO_URING_SETUP:
		report_blind(cgroup_id, BLIND_IO_URING);
		return 0;
	}
	return 0;
}

/* ---- processes and cgroups ----------------------------------------------------------------------------------------- */

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct path_record what = {};
	__u64 cgroup_id = current_tracked();
	__u32 zero = 0;
	__u8 *buffer;
	long length;

	if (!cgroup_id)
		return 0;
	sweep_files(cgroup_id, 0, DESCRIPTORS, true); /* those that close on exec */
	buffer = bpf_map_lookup_elem(&scratch, &zero);
	if (!buffer)
		return 0;
	length = bpf_probe_read_kernel_str(buffer, PATH_SIZE, BPF_CORE_READ(bprm, filename));
	if (length < 1)
		length = 1;
	what.header.kind = KIND_EXEC;
	what.header.cgroup_id = cgroup_id;
	what.absolute = 1;
	emit_path(&what, buffer, length - 1);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	__u64 cgroup_id = current_tracked();

	if (!cgroup_id || BPF_CORE_READ(task, signal, live.counter) != 0)
		return 0;
	sweep_files(cgroup_id, 0, DESCRIPTORS, false);
	emit_plain(KIND_EXIT, cgroup_id, 0);
	return 0;
}

/* Whether a cgroup is of the hierarchy (v2) that ids are unique in. */
static __always_inline bool unified(struct cgroup *cgroup)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return BPF_CORE_READ(task, cgroups, dfl_cgrp, root) == BPF_CORE_READ(cgroup, root);
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_made, struct cgroup *cgroup, const char *path)
{
	__u64 id, parent, *pod;
	struct path_record what = {};
	__u32 zero = 0;
	__u8 *buffer;
	long length;

	if (!unified(cgroup))
		return 0;
	parent = BPF_CORE_READ(cgroup, self.parent, cgroup, kn, id);
	pod = bpf_map_lookup_elem(&tracked, &parent);
	if (!pod)
		return 0;
	id = BPF_CORE_READ(cgroup, kn, id);
	buffer = bpf_map_lookup_elem(&scratch, &zero);
	if (bpf_map_update_elem(&tracked, &id, pod, BPF_ANY) || !buffer) {
		lose(0);
		return 0;
	}
	length = bpf_probe_read_kernel_str(buffer, PATH_SIZE, path);
	if (length < 1)
		length = 1;
	what.header.kind = KIND_CGROUP_MADE;
	what.header.cgroup_id = id;
	what.id = id;
	what.inode = parent;
	what.absolute = 1;
	emit_path(&what, buffer, length - 1);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_gone, struct cgroup *cgroup)
{
	__u64 id = BPF_CORE_READ(cgroup, kn, id);

	if (unified(cgroup))
		bpf_map_delete_elem(&tracked, &id);
	return 0;
}

/* A TCP socket is done with; this may be told in the context of any process. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(socket_state_changed, struct sock *sock, int old, int new)
{
	__u64 key = (__u64)sock;
	struct socket_state *state;
	struct plain_record *record;

	if (new != TCP_CLOSE)
		return 0;
	state = bpf_map_lookup_elem(&sockets, &key);
	if (!state)
		return 0;
	if (state->carries == CARRIES_HTTP) {
		record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
		if (record) {
			record->header.kind = KIND_SOCKET_CLOSED;
			record->header.tgid = state->tgid;
			record->header.tid = state->tgid;
			record->header.ppid = 0;
			record->header.start_ns = state->start_ns;
			record->header.cgroup_id = state->cgroup_id;
			record->header.ktime_ns = bpf_ktime_get_ns();
			record->code = key;
			bpf_ringbuf_submit(record, wakeup(false));
		} else {
			lose(0);
		}
	}
	bpf_map_delete_elem(&sockets, &key);
	return 0;
}

/* ---- enforcement on the network ------------------------------------------------------------------------------------ */

static __always_inline bool refused(struct destination *to)
{
	__u64 *count = bpf_map_lookup_elem(&blocked, to);

	if (!count)
		return false;
	__sync_fetch_and_add(count, 1);
	return true;
}

/* 1 lets it pass; 0 makes it EPERM. */
static __always_inline int judge(struct destination *to, __u16 port)
{
	__u64 id = bpf_get_current_cgroup_id(), *pod = bpf_map_lookup_elem(&tracked, &id);

	if (!pod)
		return 1;
	to->pod = *pod;
	to->port = port;
	if (refused(to))
		return 0;
	to->port = 0;
	return !refused(to);
}

static __always_inline int judge4(struct bpf_sock_addr *ctx)
{
	struct destination to = {};
	__u32 ip = ctx->user_ip4;

	to.address[10] = 0xff;
	to.address[11] = 0xff;
	__builtin_memcpy(to.address + 12, &ip, 4);
	return judge(&to, ctx->user_port);
}

static __always_inline int judge6(struct bpf_sock_addr *ctx)
{
	struct destination to = {};
	__u32 ip[4] = {ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3]};

	__builtin_memcpy(to.address, ip, 16);
	return judge(&to, ctx->user_port);
}

SEC("cgroup/connect4")
int block_connect4(struct bpf_sock_addr *ctx)
{
	return judge4(ctx);
}

SEC("cgroup/connect6")
int block_connect6(struct bpf_sock_addr *ctx)
{
	return judge6(ctx);
}

SEC("cgroup/sendmsg4")
int block_sendmsg4(struct bpf_sock_addr *ctx)
{
	return judge4(ctx);
}

SEC("cgroup/sendmsg6")
int block_sendmsg6(struct bpf_sock_addr *ctx)
{
	return judge6(ctx);
}
