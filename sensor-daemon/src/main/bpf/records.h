/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * What goes through the ring. io.fourthlog.sensor.kernel.RecordDecoder reads it; the two are changed together. Little
 * endian, naturally aligned; every record begins with struct header (40 bytes).
 *
 *  0        4        8        12       16         24          32         40
 * ┌────────┬────────┬────────┬────────┬──────────┬───────────┬──────────┬────────────────────
 * │ kind   │ tgid   │ tid    │ ppid   │ start_ns │ cgroup_id │ ktime_ns │ as the kind says
 * └────────┴────────┴────────┴────────┴──────────┴───────────┴──────────┴────────────────────
 */
#pragma once

enum kind {
	KIND_EXEC = 1,
	KIND_EXIT = 2,
	KIND_TLS = 3,
	KIND_TLS_CLOSED = 4,
	KIND_STDIO = 5,
	KIND_OPENED = 6,
	KIND_CLOSED = 7,
	KIND_CONNECTED = 8,
	KIND_CGROUP_MADE = 9,
	KIND_MAPPED = 10,
	KIND_BLIND = 11,
	KIND_SOCKET = 12,
	KIND_SOCKET_CLOSED = 13,
	KIND_TLS_DATA = 14,
	KIND_TLS_HELD = 15,
	KIND_TLS_JOINED = 16,
	KIND_CANDIDATE = 17,
	KIND_FORKED = 18,
	KIND_TLS_SENT_ON = 19,
	KIND_ARGUMENTS = 20,
	KIND_SOCKET_PEER = 21,
	KIND_SOCKET_OTHER = 22,
	KIND_DATAGRAMS = 23,
	KIND_OVERTAKEN = 24,
	KIND_TLS_PEER = 25,
	KIND_SOCKET_SERVED = 26,
};

struct header {
	__u32 kind;
	__u32 tgid;
	__u32 tid;
	__u32 ppid;
	__u64 start_ns;		/* start_boottime of the group leader */
	__u64 cgroup_id;
	__u64 ktime_ns;		/* CLOCK_MONOTONIC */
};

#define DIRECTION_SENT 0
#define DIRECTION_RECEIVED 1

/*
 * KIND_TLS, KIND_STDIO, KIND_SOCKET: a piece of a stream. KIND_TLS_HELD: one whose connection is not known yet: channel names its key,
 * position counts from the first of these. KIND_TLS_JOINED: end names a key whose connection is channel from here on, and to which all
 * that was held of it belongs, from position on. KIND_ARGUMENTS: of the words of the program that a KIND_CANDIDATE of the process will name,
 * each with a zero behind it. The record is as long as its size class, the data as long as length says.
 */
struct data_record {
	struct header header;
	__u64 channel;		/* the SSL object's address, or the socket's; the pipe's inode, the smaller inode of a socket pair or address of a terminal's ends; the socket's address */
	__u64 end;		/* 0; inode, or a terminal's address, of the writing end; 0 */
	__u64 position;
	__u32 call_length;	/* bytes that the whole call moved */
	__u32 length;
	__u32 direction;
	__u32 served;		/* of TLS: whether another process connected, as far as that is known */
	__u8 data[];
};

/* KIND_EXEC, KIND_CANDIDATE (a program that could be one to follow), KIND_OPENED, KIND_CGROUP_MADE, KIND_MAPPED: something with a path. */
struct path_record {
	struct header header;
	__u64 id;		/* 0; sequence of the opening; id of the cgroup; 0 */
	__u64 inode;		/* 0; inode; id of the parent; inode */
	__u64 device;		/* s_dev where there is a file */
	__s32 fd;
	__u32 flags;		/* of the open file */
	__u32 length;		/* of the path, without a terminator */
	__u32 absolute;		/* whether the path reaches up to the root of the process */
	__u32 held;		/* whether the process is stopped until it is judged */
	__u32 reserved;
	__u8 path[];
};

struct closed_record {
	struct header header;
	__u64 id;		/* as in KIND_OPENED */
	__u64 bytes_read;
	__u64 bytes_written;
	__u64 bytes_mapped;	/* into memory, where it is not seen what becomes of them */
	__s32 fd;
	__u32 reserved;
};

struct connected_record {
	struct header header;
	__u8 address[16];	/* IPv6, or IPv4 mapped */
	__s32 fd;
	__s32 error;		/* 0 or errno */
	__u32 port;
	__u32 reserved;
};

/*
 * KIND_SOCKET_PEER: of a TCP socket that will be told of. KIND_SOCKET_OTHER: one that a client has closed, and of which nothing was read, or on
 * which TLS was over before; KIND_SOCKET_SERVED: the same of one that another has connected to.
 * KIND_DATAGRAMS: the first that a process sends there; how many follow is in the map `flows`. KIND_TLS_PEER: of the socket through which
 * the records of a TLS connection go, which had sent so many bytes before TLS began, as to a proxy.
 */
struct peer_record {
	struct header header;
	__u8 address[16];	/* IPv6, or IPv4 mapped */
	__u64 channel;		/* the socket's address; 0 of datagrams; of TLS as in KIND_TLS */
	__u64 bytes_sent;
	__u64 bytes_received;
	__u32 port;
	__u16 protocol;		/* IANA's number */
	__u16 connected;	/* whether the process is known to have connected there, and not been connected to */
};

/*
 * KIND_OVERTAKEN: a process has read what was written to a channel, and whoever wrote it has not returned from that yet: what the process
 * does now can follow from bytes that come later.
 */
struct overtaken_record {
	struct header header;
	__u64 end;		/* as in KIND_STDIO */
	__u64 position;		/* up to which it has read */
};

/*
 * KIND_EXIT: header only. KIND_TLS_CLOSED, KIND_SOCKET_CLOSED: code is the object's address. KIND_TLS_DATA: the socket's, through which
 * a TLS client sent more than a handshake. KIND_TLS_SENT_ON: that of another's socket, whose TLS was sent on so far.
 * KIND_BLIND: code says what cannot be seen.
 */
struct plain_record {
	struct header header;
	__u64 code;
};

#define BLIND_IO_URING 1	/* bytes are moved, files opened or connections made through a ring, without system calls */
#define BLIND_COMPAT 2		/* 32-bit system calls, which are numbered differently */
#define BLIND_JAVA 4		/* the agent in a JVM could not do all of its work */
#define BLIND_UNREAD 16		/* bytes that a call moved could not be read from the memory of the process */
#define BLIND_QUIC 8		/* a connection over UDP, with its TLS inside */
#define BLIND_FAMILY 32		/* a socket of an address family that is not followed */
#define BLIND_MEMORY 64		/* the memory of another process, which is read or written where that makes no system call */
#define BLIND_QUEUE 128		/* messages through a queue of System V's or POSIX' */
