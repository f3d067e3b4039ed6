/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Everything that is learnt at the return of a system call. */
#pragma once

struct messages {
	__u64 cgroup_id;
	__u64 next; /* struct mmsghdr, in user memory: a struct user_msghdr (56 bytes), and the bytes that it moved */
	__u32 fd;
	__u32 direction;
	__u32 flags;
	__u32 reserved;
};

/* What is looked at of a system call and too large for the stack: of one program, which the kernel runs once at a time on each processor. */
struct frame {
	struct movement moved;
	struct messages messages;
	struct emission emission;
	struct socket_state socket;
	struct hello hello;
	__u64 key;	/* in `sockets` */
	bool tcp;
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct frame);
} frames SEC(".maps");

static __always_inline struct frame *frame(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&frames, &zero);
}

/* Inode of the other end of a UNIX socket; 0 if there is none. */
static __always_inline __u64 peer_of(struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data), *other;
	struct sock *sock = BPF_CORE_READ(socket, sk), *peer = BPF_CORE_READ((struct unix_sock *)sock, peer);
	struct socket_alloc *whole;

	other = peer ? BPF_CORE_READ(peer, sk_socket) : NULL;
	if (!other)
		return 0;
	whole = (void *)other - bpf_core_field_offset(struct socket_alloc, socket);
	return BPF_CORE_READ(whole, vfs_inode.i_ino);
}

/* Whether a call's bytes begin an object of JSON, behind blanks; where only blanks are seen, who reads on finds out. */
static __always_inline bool may_be_json(struct emission *e)
{
	__u32 word = beginning(e);

	for (int i = 0; i < 4; i++, word >>= 8) {
		__u8 byte = word;

		if (byte != ' ' && byte != '\t' && byte != '\n' && byte != '\r')
			return byte == '{';
	}
	return true;
}

/* Bytes that were written to an end of a channel, a pipe's, a UNIX socket's or a terminal's: whether it speaks JSON. */
__noinline int written_to_channel(__u64 cgroup_id, __u64 end, __u64 other, struct emission *e)
{
	struct channel_state *state;
	__u64 moved, begun;

	if (!e)
		return false;
	moved = e->remain;
	e->end = end;
	e->channel = other ? min(end, other) : end;
	state = bpf_map_lookup_elem(&channels, &end);
	if (!state) {
		bpf_map_update_elem(&channels, &end, &fresh_channel, BPF_NOEXIST);
		state = bpf_map_lookup_elem(&channels, &end);
		if (!state) {
			lose(moved);
			return false;
		}
	}
	e->position = __sync_fetch_and_add(&state->position, moved);
	if (!e->left && !e->vectors) { /* moved within the kernel */
		__sync_fetch_and_add(&state->told, moved);
		return state->json;
	}
	if (!state->json) {
		if (!may_be_json(e)) {
			__sync_fetch_and_add(&state->told, moved);
			return false;
		}
		__sync_val_compare_and_swap(&state->json, 0, e->position + 1);
	}
	begun = state->json - 1;
	if (e->position < begun) { /* of two that wrote at once */
		__sync_fetch_and_add(&state->told, moved);
		lose(moved);
		return true;
	}
	e->position -= begun;
	e->kind = KIND_STDIO;
	e->cgroup_id = cgroup_id;
	e->call_length = moved;
	emit(e, false);
	__sync_fetch_and_add(&state->told, moved);
	return true;
}

/*
 * Bytes that were read from a channel. Who writes is seen when the call returns, which its processor may put off for
 * long; who reads can have acted on them by then.
 */
__noinline int read_from_channel(__u64 cgroup_id, __u64 end, struct emission *e)
{
	struct overtaken_record *record;
	struct channel_state *state;
	__u64 taken;

	if (!e || !end)
		return 0;
	state = bpf_map_lookup_elem(&channels, &end);
	if (!state) {
		if (!may_be_json(e))
			return 0;
		bpf_map_update_elem(&channels, &end, &fresh_channel, BPF_NOEXIST);
		state = bpf_map_lookup_elem(&channels, &end);
		if (!state)
			return 0;
	}
	taken = __sync_fetch_and_add(&state->taken, e->remain) + e->remain;
	if (taken <= *(volatile __u64 *)&state->told || (!state->json && !may_be_json(e)))
		return 0;
	record = reserve(cgroup_id, sizeof(*record));
	if (!record)
		return 0; /* the order is not known, as of all when the ring is full */
	fill(&record->header, KIND_OVERTAKEN, cgroup_id);
	record->end = end;
	record->position = taken - (state->json ? state->json - 1 : 0);
	bpf_ringbuf_submit(record, wakeup(false));
	return 0;
}

/* Whether CONNECT is a command of NATS ({…} behind it) or STOMP (a line of its own), and asks no proxy for a host. */
__noinline int is_command(struct emission *e)
{
	struct user_iovec first;
	__u8 bytes[9];

	if (!e)
		return false;
	first = first_segment(e);
	if (first.length < sizeof(bytes) || bpf_probe_read_user(bytes, sizeof(bytes), (void *)first.base))
		return false;
	return bytes[7] != ' ' || bytes[8] == '{';
}

/* Whether bytes are a method in another case, as some servers take it, and then a path: caches are asked for keys in such words. */
__noinline int is_lower_case(struct emission *e)
{
	struct user_iovec first;
	__u8 bytes[9];
	int length;

	if (!e)
		return false;
	first = first_segment(e);
	if (first.length < sizeof(bytes) || bpf_probe_read_user(bytes, sizeof(bytes), (void *)first.base))
		return false;
	switch ((bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (__u32)bytes[3] << 24) | 0x20202020) {
	case 0x20746567: /* get  */
	case 0x20747570: /* put  */
		length = 3;
		break;
	case 0x74736f70: /* post */
	case 0x64616568: /* head */
		length = 4;
		break;
	case 0x63746170: /* patc */
		length = 5;
		break;
	case 0x656c6564: /* dele */
		length = 6;
		break;
	case 0x6974706f: /* opti */
		length = 7;
		break;
	default:
		return false;
	}
	return bytes[length] == ' ' && bytes[length + 1] == '/';
}

/* What a call's bytes begin with, as far as a connection's user can be told by it. */
static __always_inline __u32 recognise(struct emission *e)
{
	__u32 word = beginning(e);

	if ((word & 0xffff) == 0x0316) /* a TLS handshake record, RFC 8446, 5.1 */
		return CARRIES_TLS;
	if ((word & 0xffff) == 0x0a0d && e->direction == DIRECTION_RECEIVED) /* an empty line, which servers skip: RFC 9112, 2.2 */
		return CARRIES_PLAIN;
	switch (word) { /* little endian: a method of RFC 9110, 9.3 or RFC 5789, a status line, HTTP/2's preface */
	case 0x20544547: /* GET  */
	case 0x54534f50: /* POST */
	case 0x20545550: /* PUT  */
	case 0x44414548: /* HEAD */
	case 0x454c4544: /* DELE */
	case 0x4954504f: /* OPTI */
	case 0x43544150: /* PATC */
	case 0x50545448: /* HTTP */
	case 0x20495250: /* PRI  */
		return CARRIES_PLAIN;
	case 0x4e4e4f43: /* CONN */
		return is_command(e) ? CARRIES_UNKNOWN : CARRIES_PLAIN;
	case 0x584f5250: /* PROX, the header of HAProxy's PROXY protocol; its other form begins as an empty line does */
		return e->direction == DIRECTION_RECEIVED ? CARRIES_PLAIN : CARRIES_UNKNOWN;
	}
	return is_lower_case(e) ? CARRIES_PLAIN : CARRIES_UNKNOWN;
}

/*
 * Whether a call's bytes are a client's first with a database, or its server's, or a request in the middle of a connection. What only looks
 * like that is told as well, and found out by who reads it.
 */
__noinline int is_database(struct emission *e, bool client)
{
	struct user_iovec first;
	__u32 word[4] = {}, size; /* little endian */

	if (!e)
		return false;
	first = first_segment(e);
	if (first.length < 5)
		return false;
	if (bpf_probe_read_user(word, first.length > sizeof(word) ? sizeof(word) : first.length, (void *)first.base))
		return false;
	size = word[0] & 0xffffff;
	if (e->direction == DIRECTION_RECEIVED) /* MySQL's greeting: number 0, protocol 10, and a version, which begins with a digit */
		return size < 0x10000 && !(word[0] >> 24) && (word[1] & 0xf0ff) == 0x300a;
	if (!(word[0] & 0xffff)) /* PostgreSQL's first: its length, and version 3 or that it asks for encryption */
		return (word[1] & 0xffff) == 0x0300 || word[1] == 0x2f16d204 || word[1] == 0x3016d204;
	switch (word[0] & 0xff) {
	case 'Q':
	case 'P':
	case 'B': /* PostgreSQL's requests, of less than 64 KiB */
		if (!(word[0] & 0xffff00))
			return true;
		break;
	case '*': /* Redis: an array of up to 99 bulk strings */
		if ((word[0] & 0xfffff000) == 0x0a0d3000)
			return client && (word[1] & 0xff) == '$';
		return client && (word[0] & 0xfff0f000) == 0x0d303000 && (word[1] & 0xffff) == 0x240a;
	}
	if (word[0] == e->remain && !word[2] && (word[3] == 2013 || word[3] == 2012 || word[3] == 2004))
		return true; /* MongoDB: the length of it all, no answer to anything, and an operation */
	if (size + 4 != e->remain)
		return false;
	if (word[0] >> 24 == 0) /* MySQL: to ask, to prepare and to execute a statement */
		return (word[1] & 0xff) == 0x03 || (word[1] & 0xff) == 0x16 || (word[1] & 0xff) == 0x17;
	return word[0] >> 24 == 1 && (word[1] & 0x8200) == 0x8200 && !(word[3] >> 8); /* its login: capabilities, and 23 zeros from byte 13 on */
}

#define HELLO 11	/* bytes before a hello's random: headers of record and message, and the version: RFC 8446, 5.1, 4, 4.1.2 */

/* The socket here that a hello went through before this one, whose process speaks while this one only sends on; 0 if there is none. */
static __always_inline __u64 speaker_of(__u64 sock, struct emission *e, struct hello *hello)
{
	struct user_iovec first = first_segment(e);
	__u64 *speaker;

	if (first.length < HELLO + sizeof(*hello) || bpf_probe_read_user(hello, sizeof(*hello), (void *)(first.base + HELLO)))
		return 0;
	speaker = bpf_map_lookup_elem(&hellos, hello);
	if (speaker)
		return *speaker != sock ? *speaker : 0;
	bpf_map_update_elem(&hellos, hello, &sock, BPF_NOEXIST);
	return 0;
}

/* A TLS client has sent data: a library should have said what. */
static __always_inline void tls_data(__u64 cgroup_id, __u64 key, struct socket_state *state)
{
	state->carries = CARRIES_TLS_DATA;
	if (state->speaker)
		emit_plain(KIND_TLS_SENT_ON, cgroup_id, state->speaker);
	else
		emit_plain(KIND_TLS_DATA, cgroup_id, key);
}

/* Bytes went through a TCP or a UNIX stream socket: whether they are to be told. */
__noinline int through_socket(__u64 cgroup_id)
{
	struct frame *f = frame(); /* before Linux 6.2 no argument of a function may be a map's key or value */
	struct socket_state *state, *fresh;
	struct emission *e;
	__u64 moved, key;
	__u32 seen;
	bool tcp;

	if (!f)
		return false;
	e = &f->emission;
	fresh = &f->socket;
	moved = e->remain;
	key = f->key;
	tcp = f->tcp;
	state = bpf_map_lookup_elem(&sockets, &key);
	if (!state) {
		__builtin_memset(fresh, 0, sizeof(*fresh));
		fresh->start_ns = start_ns();
		fresh->tgid = bpf_get_current_pid_tgid() >> 32;
		fresh->cgroup_id = cgroup_id;
		bpf_map_update_elem(&sockets, &key, fresh, BPF_NOEXIST);
		state = bpf_map_lookup_elem(&sockets, &key);
		if (!state) {
			lose(moved);
			return false;
		}
	}
	e->position = __sync_fetch_and_add(&state->position[e->direction & 1], moved);
	if (!e->left && !e->vectors && (e->direction == DIRECTION_SENT || state->carries != CARRIES_TLS)) {
		state->records.phase = HANDSHAKE_UNKNOWN;
		return false; /* moved within the kernel: the next position tells how many there were */
	}
	if (state->carries == CARRIES_TLS_DATA || state->carries == CARRIES_TLS) {
		if (tcp && (!state->tied || e->direction == DIRECTION_SENT))
			tie(cgroup_id, key, state, e);
		records_through(cgroup_id, key, e);
	}
	if (state->carries == CARRIES_TLS_DATA) {
		if (!tls_is_over(e, state))
			return false;
		state->carries = CARRIES_UNKNOWN;
	}
	if (state->carries == CARRIES_TLS) {
		if (data_was_sent(e, state))
			tls_data(cgroup_id, key, state);
		return false;
	}
	seen = recognise(e);
	if (seen == CARRIES_TLS && e->direction == DIRECTION_SENT) { /* from the start, or through a proxy */
		state->carries = CARRIES_TLS;
		state->begun = e->position;
		state->speaker = speaker_of(key, e, &f->hello);
		state->records = (struct client_records){.phase = HANDSHAKE_HELLO};
		if (tcp)
			tie(cgroup_id, key, state, e);
		if (data_was_sent(e, state))
			tls_data(cgroup_id, key, state);
		return false;
	}
	if (seen == CARRIES_TLS) { /* a server's connections are not watched for data; a client's greeted in a way that was not known */
		state->carries = state->connected ? CARRIES_TLS : CARRIES_TLS_DATA;
		state->answered = (__u32)state->position[DIRECTION_SENT] ?: 1;
		state->served = !state->connected;
		state->wrapped = state->connected;
		return false;
	}
	if (state->carries == CARRIES_UNKNOWN) {
		if (seen == CARRIES_UNKNOWN && !is_database(e, !tcp || is_client((void *)key, state)))
			return false;
		state->carries = CARRIES_PLAIN;
		if (tcp)
			emit_peer(KIND_SOCKET_PEER, key, state);
	}
	e->kind = KIND_SOCKET;
	e->cgroup_id = cgroup_id;
	e->channel = key;
	e->end = 0;
	e->call_length = moved;
	return true;
}

/*
 * Bytes that went through a pseudo-terminal. What its slave says matters to who holds the master; where nobody does who is followed, as
 * under `kubectl exec -it`, it is for people. The master reads more than was written: what it wrote itself comes back, and lines end in \r\n.
 */
static __always_inline void through_terminal(__u64 cgroup_id, const struct terminal *terminal, struct emission *e)
{
	const __u64 master = terminal->master ? terminal->end : terminal->other;

	if (!bpf_map_lookup_elem(&channels, &master)) {
		if (!terminal->master)
			return;
		bpf_map_update_elem(&channels, &master, &fresh_channel, BPF_NOEXIST);
	}
	if (e->direction == DIRECTION_SENT)
		written_to_channel(cgroup_id, terminal->end, terminal->other, e);
	else if (!terminal->master)
		read_from_channel(cgroup_id, terminal->other, e);
}

struct mapping {
	__u64 length;
	__s64 offset;
	__u64 protection;
};

/* Bytes that a call moved: whether it was through a stream socket. All else is told here. */
__noinline int through_stream(__u64 cgroup_id, __u32 fd, struct frame *f)
{
	struct file *file = file_of(fd);
	const struct movement *moved;
	struct terminal terminal;
	struct emission *e;
	struct socket *socket;
	struct sock *sock;
	__u16 type, family;
	__u64 key, here;

	if (!f || !file || !f->moved.remain)
		return false;
	moved = &f->moved;
	e = &f->emission;
	__builtin_memset(e, 0, sizeof(*e));
	e->base = moved->base;
	e->left = moved->left;
	e->vector = moved->vector;
	e->vectors = moved->vectors;
	e->remain = moved->remain;
	e->direction = moved->direction;
	type = BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT;
	if (type == S_IFCHR && e->direction == DIRECTION_SENT && BPF_CORE_READ(file, f_inode, i_rdev) == DEV_NULL) {
		handed_over(cgroup_id, e);
		return false;
	}
	if (type == S_IFCHR && terminal_of(file, &terminal))
		through_terminal(cgroup_id, &terminal, e);
	here = BPF_CORE_READ(file, f_inode, i_ino);
	if (type == S_IFIFO && e->direction == DIRECTION_SENT) {
		written_to_channel(cgroup_id, here, 0, e);
		return false;
	}
	if (type == S_IFIFO) {
		read_from_channel(cgroup_id, here, e);
		return false;
	}
	if (type != S_IFSOCK)
		return false;
	socket = BPF_CORE_READ(file, private_data);
	sock = BPF_CORE_READ(socket, sk);
	if (!sock)
		return false;
	family = BPF_CORE_READ(sock, __sk_common.skc_family);
	type = BPF_CORE_READ(sock, sk_type);
	if (type == SOCK_STREAM && moved->flags & MSG_OOB && e->direction == DIRECTION_RECEIVED)
		return false; /* a byte that is none of the stream's */
	if (type == SOCK_STREAM && moved->flags & (e->direction == DIRECTION_SENT ? MSG_OOB : MSG_TRUNC))
		e->base = e->left = e->vector = e->vectors = 0; /* not all of it is in the stream; none of it was written to the buffer */
	if (family == AF_INET || family == AF_INET6) {
		if (type != SOCK_STREAM) {
			if (e->direction == DIRECTION_SENT)
				look_for_quic(cgroup_id, e);
			on_datagram(cgroup_id, (__u64)sock, moved);
			return false;
		}
	} else if (family != AF_UNIX) {
		if (family != AF_NETLINK && family != AF_ALG) /* which only lead to the kernel */
			report_blind(cgroup_id, BLIND_FAMILY);
		return false;
	} else if (type != SOCK_STREAM) { /* messages, of a pair that stands for pipes */
		if (e->direction == DIRECTION_SENT)
			written_to_channel(cgroup_id, here, peer_of(file), e);
		else
			read_from_channel(cgroup_id, peer_of(file), e);
		return false;
	}
	key = (__u64)sock;
	if (family == AF_UNIX) {
		struct socket_state *state;

		key = UNIX_SOCKET | here; /* nobody tells when it is done with, and its address used again */
		state = bpf_map_lookup_elem(&sockets, &key);
		if (e->direction == DIRECTION_SENT && (!state || state->carries == CARRIES_UNKNOWN) &&
		    written_to_channel(cgroup_id, here, peer_of(file), e))
			return false;
		if (e->direction == DIRECTION_RECEIVED && (!state || state->carries == CARRIES_UNKNOWN))
			read_from_channel(cgroup_id, peer_of(file), e);
		if (!state && recognise(e) == CARRIES_UNKNOWN && !is_database(e, true))
			return false; /* most of them: what is kept of a socket stays until there is no room */
	}
	f->key = key;
	f->tcp = family != AF_UNIX;
	return true;
}

__noinline int on_bytes(__u64 cgroup_id, __u32 fd, struct frame *f)
{
	if (f && through_stream(cgroup_id, fd, f) && through_socket(cgroup_id))
		emit(&f->emission, false);
	return 0;
}

static __always_inline bool regular(struct file *file)
{
	return file && (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) == S_IFREG;
}

/* Whether bytes were a file's. */
__noinline int on_file_bytes(__u64 cgroup_id, __u32 fd, __u64 bytes, bool read)
{
	struct file *file = file_of(fd);
	struct opening *opening;

	if (!regular(file))
		return false;
	opening = opening_of(cgroup_id, fd, file);
	if (!opening)
		return true;
	if (read)
		__sync_fetch_and_add(&opening->bytes_read, bytes);
	else
		__sync_fetch_and_add(&opening->bytes_written, bytes);
	return true;
}

/* Bytes that a call moved, which may be a file's. */
__noinline int on_moved(__u64 cgroup_id, __u32 fd, struct frame *f)
{
	if (f && f->moved.remain && !on_file_bytes(cgroup_id, fd, f->moved.remain, f->moved.direction == DIRECTION_RECEIVED))
		on_bytes(cgroup_id, fd, f);
	return 0;
}

/* Bytes that a call moved within the kernel: how many is known, and of HTTP that they are missing. */
static __always_inline int on_hidden_bytes(__u64 cgroup_id, __u32 fd, __u64 bytes, __u32 direction, struct frame *f)
{
	f->moved = (struct movement){.remain = bytes, .direction = direction};
	return on_moved(cgroup_id, fd, f);
}

/* Whether a descriptor is of the end of a pipe that is read. */
static __always_inline bool takes(__u32 fd)
{
	struct file *file = file_of(fd);

	return file && !(BPF_CORE_READ(file, f_flags) & O_ACCMODE);
}

/* Where the bytes of a struct user_msghdr are. A name of no length is none. */
static __always_inline long of_message(__u64 message, struct movement *moved)
{
	struct {
		__u64 name;
		__u32 name_length;
		__u32 reserved;
		__u64 vector;
		__u64 vectors;
	} header;

	if (bpf_probe_read_user(&header, sizeof(header), (void *)message))
		return 1;
	moved->name = header.name_length ? header.name : 0;
	moved->vector = header.vector;
	moved->vectors = header.vectors;
	return 0;
}

static long on_message(__u32 i, struct frame **frame)
{
	struct messages *messages = &(*frame)->messages;
	struct movement *moved = &(*frame)->moved;
	__u32 bytes = 0;

	*moved = (struct movement){.direction = messages->direction, .flags = messages->flags};
	if (of_message(messages->next, moved) || bpf_probe_read_user(&bytes, 4, (void *)(messages->next + 56))) {
		report_blind(messages->cgroup_id, BLIND_UNREAD);
		return 1;
	}
	moved->remain = bytes;
	on_bytes(messages->cgroup_id, messages->fd, *frame);
	messages->next += 64;
	return 0;
}

__noinline int on_open(__u64 cgroup_id, __u32 fd)
{
	struct file *file = file_of(fd);

	if (regular(file))
		opening_of(cgroup_id, fd, file);
	else if (file)
		terminal_opened(file);
	return 0;
}

/*
 * A file is in the process's memory, where it is not seen what is read and written: counted is as much of it as was mapped. If it is
 * code, it may need probes.
 */
__noinline int on_map(__u64 cgroup_id, __u32 fd, const struct mapping *mapping)
{
	struct file *file = file_of(fd);
	struct opening *opening;
	__s64 size;

	if (!regular(file) || !mapping)
		return 0;
	if (mapping->protection & PROT_EXEC)
		emit_file(KIND_MAPPED, cgroup_id, file, 0, fd);
	size = BPF_CORE_READ(file, f_inode, i_size) - mapping->offset;
	opening = opening_of(cgroup_id, fd, file);
	if (opening && size > 0)
		__sync_fetch_and_add(&opening->bytes_mapped, min(size, mapping->length));
	return 0;
}

/* Notes where a socket leads that was to connect elsewhere: who refuses the one has to refuse the other (network.h). */
static __always_inline void note_replaced(__u32 fd, const __u8 asked[16], __u16 port)
{
	__u64 id = bpf_get_current_cgroup_id(), *pod = bpf_map_lookup_elem(&tracked, &id);
	struct destination given = {}, wanted = {};
	__u64 *from = (void *)wanted.address, *to = (void *)given.address;
	struct file *file = file_of(fd);
	struct socket *socket;
	struct sock *sock;

	if (!pod || !file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return;
	socket = BPF_CORE_READ(file, private_data);
	sock = BPF_CORE_READ(socket, sk);
	given.pod = wanted.pod = *pod;
	given.port = BPF_CORE_READ(sock, __sk_common.skc_dport);
	if (!given.port) /* not connected */
		return;
	address_of(sock, given.address);
	wanted.port = bpf_htons(port);
	__builtin_memcpy(wanted.address, asked, sizeof(wanted.address));
	if (to[0] != from[0] || to[1] != from[1] || given.port != wanted.port)
		bpf_map_update_elem(&replaced, &given, &wanted, BPF_ANY);
}

__noinline int on_connect(__u64 cgroup_id, __u32 fd, __u64 address, long result)
{
	struct connected_record *record;
	__u8 to[16];
	__u16 port;

	if (!address_at(address, to, &port))
		return 0;
	record = reserve(cgroup_id, sizeof(*record));
	if (!record) {
		lose(0);
		return 0;
	}
	fill(&record->header, KIND_CONNECTED, cgroup_id);
	__builtin_memcpy(record->address, to, sizeof(to));
	record->fd = fd;
	record->error = result < 0 ? -result : 0;
	record->port = port;
	record->reserved = 0;
	bpf_ringbuf_submit(record, wakeup(false));
	note_replaced(fd, to, port);
	return 0;
}

/* Whether a process is the current one, as that numbers it. */
static __always_inline bool is_self(int number)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pid *leader = BPF_CORE_READ(task, group_leader, thread_pid), *own = BPF_CORE_READ(task, thread_pid);
	__u64 at = bpf_core_field_offset(struct pid, numbers) + bpf_core_type_size(struct upid) * BPF_CORE_READ(own, level);
	struct upid *of_leader = (void *)leader + at, *of_own = (void *)own + at;

	return number == BPF_CORE_READ(of_leader, nr) || number == BPF_CORE_READ(of_own, nr);
}

enum { /* arch/x86/entry/syscalls/syscall_64.tbl */
	NR_READ = 0, NR_WRITE = 1, NR_OPEN = 2, NR_CLOSE = 3, NR_MMAP = 9, NR_PREAD64 = 17, NR_PWRITE64 = 18, NR_READV = 19,
	NR_WRITEV = 20, NR_DUP = 32, NR_DUP2 = 33, NR_SENDFILE = 40, NR_CONNECT = 42, NR_SENDTO = 44, NR_RECVFROM = 45, NR_SENDMSG = 46, NR_RECVMSG = 47, NR_MSGSND = 69, NR_MSGRCV = 70, NR_FCNTL = 72,
	NR_CREAT = 85, NR_PTRACE = 101, NR_MQ_TIMEDSEND = 242, NR_MQ_TIMEDRECEIVE = 243,
	NR_OPENAT = 257, NR_DUP3 = 292, NR_PREADV = 295, NR_PWRITEV = 296, NR_OPEN_BY_HANDLE_AT = 304, NR_COPY_FILE_RANGE = 326,
	NR_SPLICE = 275, NR_TEE = 276, NR_VMSPLICE = 278, NR_RECVMMSG = 299, NR_SENDMMSG = 307, NR_PROCESS_VM_READV = 310, NR_PROCESS_VM_WRITEV = 311, NR_PREADV2 = 327, NR_PWRITEV2 = 328, NR_IO_URING_SETUP = 425, NR_CLOSE_RANGE = 436, NR_OPENAT2 = 437,
};

/* Whether a system call is one of those that are looked at: all others end here, for every process of the machine. */
static __always_inline bool of_interest(__u64 nr)
{
	/* one bit a number below 64, and comparisons above */
	const __u64 low = 1ULL << NR_READ | 1ULL << NR_WRITE | 1ULL << NR_OPEN | 1ULL << NR_CLOSE | 1ULL << NR_MMAP |
			  1ULL << NR_PREAD64 | 1ULL << NR_PWRITE64 | 1ULL << NR_READV | 1ULL << NR_WRITEV | 1ULL << NR_DUP | 1ULL << NR_DUP2 |
			  1ULL << NR_SENDFILE | 1ULL << NR_CONNECT | 1ULL << NR_SENDTO | 1ULL << NR_RECVFROM |
			  1ULL << NR_SENDMSG | 1ULL << NR_RECVMSG;

	if (nr < 64)
		return low >> nr & 1;
	return nr == NR_SPLICE || nr == NR_TEE || nr == NR_VMSPLICE || nr == NR_RECVMMSG || nr == NR_SENDMMSG || nr == NR_OPENAT || nr == NR_FCNTL || nr == NR_CREAT || nr == NR_DUP3 || (nr >= NR_PREADV && nr <= NR_PWRITEV) ||
	       nr == NR_OPEN_BY_HANDLE_AT || (nr >= NR_COPY_FILE_RANGE && nr <= NR_PWRITEV2) || nr == NR_IO_URING_SETUP ||
	       nr == NR_CLOSE_RANGE || nr == NR_OPENAT2 || nr == NR_MSGSND || nr == NR_MSGRCV || nr == NR_PTRACE ||
	       nr == NR_MQ_TIMEDSEND || nr == NR_MQ_TIMEDRECEIVE || nr == NR_PROCESS_VM_READV || nr == NR_PROCESS_VM_WRITEV;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 nr = regs->orig_ax, cgroup_id;
	struct movement *moved;
	struct frame *f;
	bool numbered_otherwise = task->thread_info.status & TS_COMPAT || (nr ^ X32) < 1024;

	one_stack(ctx, traced);
	if (!numbered_otherwise && !of_interest(nr))
		return 0;
	cgroup_id = current_tracked();
	if (!cgroup_id)
		return 0;
	if (numbered_otherwise) {
		report_blind(cgroup_id, BLIND_COMPAT);
		return 0;
	}
	if (nr == NR_CONNECT)
		return on_connect(cgroup_id, regs->di, regs->si, result);
	if (nr == NR_CLOSE) {
		struct descriptor_key key = {};

		key_of(&key, regs->di);
		return close_file(cgroup_id, &key);
	}
	f = frame();
	if (result < 0 || !f)
		return 0;
	moved = &f->moved;
	*moved = (struct movement){.direction = DIRECTION_SENT};
	switch (nr) {
	case NR_OPEN:
	case NR_CREAT:
	case NR_OPENAT:
	case NR_OPENAT2:
	case NR_OPEN_BY_HANDLE_AT:
		return on_open(cgroup_id, result);
	case NR_PREAD64:
	case NR_PREADV:
		return on_file_bytes(cgroup_id, regs->di, result, true);
	case NR_PWRITE64:
	case NR_PWRITEV:
		return on_file_bytes(cgroup_id, regs->di, result, false);
	case NR_SENDFILE:
		on_hidden_bytes(cgroup_id, regs->si, result, DIRECTION_RECEIVED, f);
		return on_hidden_bytes(cgroup_id, regs->di, result, DIRECTION_SENT, f);
	case NR_SPLICE:
		on_hidden_bytes(cgroup_id, regs->di, result, DIRECTION_RECEIVED, f);
		return on_hidden_bytes(cgroup_id, regs->dx, result, DIRECTION_SENT, f);
	case NR_RECVMMSG:
		if (regs->r10 & NOT_TAKEN)
			return 0;
		moved->direction = DIRECTION_RECEIVED;
		/* fall through */
	case NR_SENDMMSG:
		f->messages = (struct messages){
			.cgroup_id = cgroup_id, .next = regs->si, .fd = regs->di, .direction = moved->direction, .flags = regs->r10,
		};
		bpf_loop(min(result, MESSAGES), on_message, &f, 0);
		return 0;
	case NR_TEE:
		return on_hidden_bytes(cgroup_id, regs->si, result, DIRECTION_SENT, f);
	case NR_COPY_FILE_RANGE:
		on_file_bytes(cgroup_id, regs->di, result, true);
		return on_file_bytes(cgroup_id, regs->dx, result, false);
	case NR_RECVFROM:
		if (regs->r10 & NOT_TAKEN)
			return 0;
		moved->direction = DIRECTION_RECEIVED;
		/* fall through */
	case NR_SENDTO:
		moved->flags = regs->r10;
		moved->name = regs->r8;
		moved->base = regs->si;
		moved->left = moved->remain = result;
		return on_moved(cgroup_id, regs->di, f);
	case NR_READ:
		moved->direction = DIRECTION_RECEIVED;
		/* fall through */
	case NR_WRITE:
		moved->base = regs->si;
		moved->left = moved->remain = result;
		return on_moved(cgroup_id, regs->di, f);
	case NR_PREADV2:
	case NR_PWRITEV2:
		if (regs->r10 != -1UL) /* where the file is, as readv and writev */
			return on_file_bytes(cgroup_id, regs->di, result, nr == NR_PREADV2);
		/* fall through */
	case NR_READV:
	case NR_WRITEV:
	case NR_VMSPLICE:
		if (nr == NR_READV || nr == NR_PREADV2 || (nr == NR_VMSPLICE && takes(regs->di)))
			moved->direction = DIRECTION_RECEIVED;
		moved->vector = regs->si;
		moved->vectors = regs->dx;
		moved->remain = result;
		return on_moved(cgroup_id, regs->di, f);
	case NR_RECVMSG:
		if (regs->dx & NOT_TAKEN)
			return 0;
		moved->direction = DIRECTION_RECEIVED;
		/* fall through */
	case NR_SENDMSG:
		moved->flags = regs->dx;
		of_message(regs->si, moved);
		moved->remain = result;
		return on_moved(cgroup_id, regs->di, f);
	case NR_MMAP: {
		struct mapping mapping = {.length = regs->si, .offset = regs->r9, .protection = regs->dx};

		return regs->r10 & MAP_ANONYMOUS ? 0 : on_map(cgroup_id, regs->r8, &mapping);
	}
	case NR_FCNTL:
		if (regs->si != F_DUPFD && regs->si != F_DUPFD_CLOEXEC)
			return 0;
		/* fall through */
	case NR_DUP:
	case NR_DUP2:
	case NR_DUP3:
		return on_duplicate(cgroup_id, regs->di, result);
	case NR_CLOSE_RANGE:
		if (!(regs->dx & CLOSE_RANGE_CLOEXEC))
			sweep_files(cgroup_id, regs->di, regs->si, false);
		return 0;
	case NR_IO_URING_SETUP:
		ring_made(cgroup_id);
		return 0;
	case NR_PTRACE:
		if (regs->di == PTRACE_TRACEME)
			return 0;
		report_blind(cgroup_id, BLIND_MEMORY);
		return 0;
	case NR_PROCESS_VM_READV:
	case NR_PROCESS_VM_WRITEV:
		if (!is_self(regs->di))
			report_blind(cgroup_id, BLIND_MEMORY);
		return 0;
	case NR_MSGSND:
	case NR_MSGRCV:
	case NR_MQ_TIMEDSEND:
	case NR_MQ_TIMEDRECEIVE:
		report_blind(cgroup_id, BLIND_QUEUE);
		return 0;
	}
	return 0;
}
