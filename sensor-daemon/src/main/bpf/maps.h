/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* The maps, each drawn as what leads to what, and what is shared with the reader. */
#pragma once

/* 0 → the ring that is written now. The reader makes them, and puts a larger or a smaller one in its place as much comes or little. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct {
		__uint(type, BPF_MAP_TYPE_RINGBUF);
		__uint(max_entries, 4096); /* tells what kind it is, not how large */
	});
} rings SEC(".maps");

/* pod → what it took of the ring's last quarter since the reader began its lap */
struct taken {
	__u64 lap;
	__u64 bytes;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1 << 10);
	__type(key, __u64);
	__type(value, struct taken);
} shares SEC(".maps");

/* cgroup id → id of the tracked cgroup that it is in (the pod's) */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64 << 10);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u64);
} tracked SEC(".maps");

/* process → what follows it wherever it is, as do those that it starts; only where commands are followed */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16 << 10);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u64);	/* stands for the cgroup's id in its records */
} followed SEC(".maps");

/* process that was forked by a followed one → 1, until it executes a program or ends */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64 << 10);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u8);
} born SEC(".maps");

/* process, descriptor → the file that is open there; of too many the oldest is forgotten, and is opened anew when it is used */
#define FILES (64 << 10) /* twice as many as the reader keeps */
struct descriptor_key {
	__u64 start_ns;
	__u32 tgid;
	__u32 fd;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FILES);
	__type(key, struct descriptor_key);
	__type(value, __u64);	/* struct file *, to tell whether the descriptor was given to another */
} descriptors SEC(".maps");

/* process, open file → what went through it, by whichever of the descriptors that lead to it */
struct opening_key {
	__u64 start_ns;
	__u64 tgid;
	__u64 file;	/* struct file * */
};
struct opening {
	__u64 id;
	__u64 bytes_read;
	__u64 bytes_written;
	__u64 bytes_mapped;
	__u64 descriptors;	/* of this process, that are known to lead to it */
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FILES);
	__type(key, struct opening_key);
	__type(value, struct opening);
} openings SEC(".maps");

/* SSL object of a process → next position in each direction */
struct connection_key {
	__u64 ssl;
	__u64 start_ns;
	__u64 tgid;
};
struct connection_state {
	__u64 position[2];
	__u64 sock;	/* that its records go through, once that is known; 0 */
	__u32 sure;	/* that they do, by data */
	__u32 served;	/* whether another process connected to that */
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64 << 10);
	__type(key, struct connection_key);
	__type(value, struct connection_state);
} connections SEC(".maps");

/* inode of a pipe or of the writing end of a socket pair, or that end of a terminal → next position, and where a write began with '{' */
struct channel_state {
	__u64 position;
	__u64 json;	/* 1 + that position, from which the reader counts; 0 */
	__u64 told;	/* position up to which it is in the ring */
	__u64 taken;	/* bytes that were read, as far as that was seen */
};
static const struct channel_state fresh_channel;
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16 << 10);
	__type(key, __u64);
	__type(value, struct channel_state);
} channels SEC(".maps");

/* TCP or UNIX stream socket → what it carries, and whose it is */
enum carries {
	CARRIES_UNKNOWN,	/* nothing that is read so far */
	CARRIES_PLAIN,		/* what is read: HTTP, or a database's protocol */
	CARRIES_TLS,		/* seen in the library, or not at all */
	CARRIES_TLS_DATA,	/* and more than a handshake */
};
enum handshake {
	HANDSHAKE_UNKNOWN,	/* where its records begin is not known */
	HANDSHAKE_HELLO,	/* has begun */
	HANDSHAKE_OLD,		/* is one of TLS 1.2 or before */
	HANDSHAKE_ENCRYPTED,	/* is one of TLS 1.3, of which nothing encrypted was sent yet, */
	HANDSHAKE_CERTIFICATE,	/* one record that may be a certificate, */
	HANDSHAKE_VERIFIED,	/* or two */
	HANDSHAKE_OVER,		/* of TLS 1.3 */
	HANDSHAKE_OVER_PLAIN,	/* and it is known that records are not padded, */
	HANDSHAKE_OVER_PADDED,	/* or that they are */
};
struct client_records {
	__u16 left;		/* bytes of the current one */
	__u8 type;
	__u8 at;		/* bytes of its header that were sent; 0 behind it */
	__u8 phase;		/* enum handshake */
	__u8 reserved[3];
};
struct socket_state {
	__u64 position[2];
	__u32 begun;		/* bytes, modulo 2^32, that a TLS client had sent when it began with that */
	__u32 answered;		/* and when the first answer came, or since its handshake was over; not 0 then */
	struct client_records records;
	__u64 speaker;		/* socket whose TLS it sends on, as a proxy's does; 0 */
	__u64 ssl;		/* whose records go through it, once that is known; 0 */
	__u64 start_ns;
	__u64 cgroup_id;
	__u32 tgid;
	__u32 carries : 27;
	__u32 connected : 1;	/* by its process, as was seen */
	__u32 served : 1;	/* by its process, as its TLS says */
	__u32 tied : 1;		/* to that object, by data */
	__u32 wrapped : 1;	/* the hello of its TLS was, in what is said there */
	__u32 counted : 1;	/* what the kernel sent of it was compared with what was seen */
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64 << 10);
	__type(key, __u64);	/* struct sock *, UNIX_SOCKET | inode */
	__type(value, struct socket_state);
} sockets SEC(".maps");

/* process, where it sends datagrams → how much went there and came from there; the reader takes them out */
struct flow_key {
	__u64 start_ns;
	__u32 tgid;
	__u16 port;		/* 0 where the protocol has none */
	__u16 protocol;		/* IANA's number */
	__u8 address[16];	/* IPv6, or IPv4 mapped */
};
struct flow {
	__u64 bytes[2];
	__u64 last_ns;		/* CLOCK_MONOTONIC */
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64 << 10);	/* more than a ring has records of their beginnings, and the reader keeps */
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct flow_key);
	__type(value, struct flow);
} flows SEC(".maps");

/* random of a TLS client's hello → the socket that it went through first: who sends it on, as a proxy does, does not speak itself */
struct hello {
	__u8 random[32];
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16 << 10);
	__type(key, struct hello);
	__type(value, __u64);	/* struct sock * */
} hellos SEC(".maps");

/* goroutine → the read of a TLS connection that it is in; Go moves stacks, so returns are probed at each RET and not hijacked */
struct go_key {
	__u64 goroutine;	/* address of its g, which the ABI keeps in R14 */
	__u64 tgid;
};
struct go_read {
	__u64 connection;
	__u64 buffer;
	__u64 cgroup_id;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32 << 10);
	__type(key, struct go_key);
	__type(value, struct go_read);
} go_reads SEC(".maps");

/* key of one direction of a rustls connection → its socket, or how much went under it before that was known */
struct aead_key {
	__u64 sock;
	__u64 held;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64 << 10);
	__type(key, struct connection_key);
	__type(value, struct aead_key);
} keys SEC(".maps");

/* process, beginning of a record's ciphertext that is not sent yet → name of its key */
struct sealed_key {
	__u64 start_ns;
	__u64 begin;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16 << 10);
	__type(key, struct sealed_key);
	__type(value, __u64);
} sealed SEC(".maps");

/* thread → the library calls that it is in, innermost last; goes with the thread */
#define NESTED 4
struct tls_call {
	__u64 sp;	/* at entry: tells a call from one that was left by longjmp, and a second probe on the same call */
	__u64 ssl;
	__u64 buffer;
	__u64 count;	/* where an _ex function says how much; 0 if the return value does */
	__u64 cgroup_id;
	__u32 direction;
	__u32 told;	/* by a call inside it that moved the same bytes */
};
struct aead_call {
	__u64 sp;	/* 0: in none */
	__u64 name;	/* of the key */
	__u64 cgroup_id;
	__u64 out;
	__u64 length;
	__u64 version;
	__u64 cookie;
	__u64 result;	/* where it says whether it failed; 0 if the return value does */
};
#define SEGMENTS 8
struct segment {
	__u64 base;
	__u64 length;
};
struct received {
	__u64 sock;
	struct segment segments[SEGMENTS];
	__u64 begins[2]; /* what is encrypted of a record begins so, if one was received from its beginning on: behind its header, and behind a nonce */
};
struct said {
	__u64 ssl;	/* 0: nothing was said */
	__u64 length;	/* bytes of data; 0: none, as in a handshake */
};
struct thread_state {
	__u64 depth;
	struct said said; /* to a TLS library, and went through no socket yet: tls_sockets.h */
	struct tls_call calls[NESTED];
	struct aead_call aead;
	struct received received; /* the last that came through a socket that carries TLS */
};
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread_state);
} threads SEC(".maps");

/* goroutine → the same: threads are the runtime's */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8 << 10);
	__type(key, struct go_key);
	__type(value, struct said);
} go_said SEC(".maps");

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

/* JVMs that may have an agent which hands over what JSSE moved: the reader says which, from what policies and their owners want */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16 << 10);
	__type(key, __u32);
	__type(value, __u64);	/* when it started, in ticks: not a later process with that number */
} jvms SEC(".maps");

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

/* tracked cgroup, destination of a socket → the one that was asked for, where load is balanced as sockets connect, or any address meant one */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4 << 10);
	__type(key, struct destination);
	__type(value, struct destination);
} replaced SEC(".maps");

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

/*
 * Before Linux 6.13 all functions that are within each other have 512 bytes of stack together; since then each has its own, but for the small
 * ones. A program that could call another one, which this one never does, has one stack on all kernels: so a test has the limit of the older
 * ones. One that may sleep cannot call another.
 */
#ifdef ONE_STACK
struct nowhere {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
};
struct nowhere traced SEC(".maps"), probed SEC(".maps"); /* each for programs of one type */
static const volatile __u32 never;
#define one_stack(ctx, type) do { if (never) bpf_tail_call(ctx, &type, 0); } while (0)
#define UPROBE "uprobe"
#define bpf_copy_from_user bpf_probe_read_user
#else
#define one_stack(ctx, type)
#define UPROBE "uprobe.s"
#endif

/* All of .bss, which the reader maps. */
struct {
	__u64 waiting;		/* what the reader does: 0 it reads, 1 it sleeps until woken, 2 it waits for its timer */
	__u64 lost_records;	/* that found the ring full, or could not be told whole */
	__u64 lost_bytes;	/* of their payload */
	__u64 sequence;		/* the last that an opening was given */
	__u64 containers;	/* whether tracked cgroups are containers', which a runtime prepares from within; the reader says */
	__u64 commands;		/* whether programs are followed by their command lines; the reader says */
	__u64 several;		/* whether more than one pod is followed; the reader says */
} shared;
