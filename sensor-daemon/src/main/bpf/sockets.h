/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Sockets, and where they lead; TCP's that connect and are closed. */
#pragma once

/* Whether a TLS connection was told by its socket; it no longer is. */
static __always_inline bool tls_of_socket(__u64 sock, struct socket_state *state)
{
	struct connection_key key = {.ssl = sock, .start_ns = state->start_ns, .tgid = state->tgid};

	return bpf_map_delete_elem(&connections, &key) == 0;
}

/* The header of a record about a socket's process, whichever is the current one. */
static __always_inline void fill_of_socket(struct header *header, __u32 kind, struct socket_state *state)
{
	header->kind = kind;
	header->tgid = state->tgid;
	header->tid = state->tgid;
	header->ppid = 0;
	header->start_ns = state->start_ns;
	header->cgroup_id = state->cgroup_id;
	header->ktime_ns = bpf_ktime_get_ns();
}

#define EPHEMERAL 32768		/* the first port that a client has, unless net.ipv4.ip_local_port_range says otherwise */

/* Whether a TCP socket is a client's: it was seen to connect, or was there before and has the ports of one. */
static __always_inline bool is_client(struct sock *sock, struct socket_state *state)
{
	return state->connected || (BPF_CORE_READ(sock, __sk_common.skc_num) >= EPHEMERAL &&
				    bpf_ntohs(BPF_CORE_READ(sock, __sk_common.skc_dport)) < EPHEMERAL);
}

static __always_inline void map_address(__u32 v4, __u8 address[16])
{
	__builtin_memset(address, 0, 16);
	address[10] = 0xff;
	address[11] = 0xff;
	__builtin_memcpy(address + 12, &v4, sizeof(v4));
}

/* What a struct sockaddr in user memory says, if it is one of IPv4's or IPv6's. */
static __always_inline bool address_at(__u64 name, __u8 address[16], __u16 *port)
{
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
	} from = {};

	if (bpf_probe_read_user(&from.family, sizeof(from.family), (void *)name))
		return false;
	if (from.family != AF_INET && from.family != AF_INET6)
		return false;
	if (bpf_probe_read_user(&from, from.family == AF_INET ? 8 : 24, (void *)name))
		return false;
	if (from.family == AF_INET)
		map_address(from.v4, address);
	else
		__builtin_memcpy(address, from.v6, 16);
	*port = bpf_ntohs(from.port);
	return true;
}

/* Where a socket leads that is connected. */
static __always_inline void address_of(struct sock *sock, __u8 address[16])
{
	if (BPF_CORE_READ(sock, __sk_common.skc_family) == AF_INET)
		map_address(BPF_CORE_READ(sock, __sk_common.skc_daddr), address);
	else
		bpf_core_read(address, 16, &sock->__sk_common.skc_v6_daddr);
}

/* Whether what names a socket is no address of the kernel's, of which all have the highest bit as well. */
static __always_inline bool is_unix(__u64 sock)
{
	return sock >> 48 == UNIX_SOCKET >> 48;
}

/* Where a TCP socket leads; NULL if there is no room. */
static __always_inline struct peer_record *reserve_peer(__u64 cgroup_id, struct sock *sock, bool connected)
{
	struct peer_record *record = reserve(cgroup_id, sizeof(*record));

	if (!record) {
		lose(0);
		return NULL;
	}
	address_of(sock, record->address);
	record->port = bpf_ntohs(BPF_CORE_READ(sock, __sk_common.skc_dport));
	record->protocol = IPPROTO_TCP;
	record->connected = connected;
	return record;
}

static __always_inline void emit_peer(__u32 kind, __u64 key, struct socket_state *state)
{
	struct peer_record *record = reserve_peer(state->cgroup_id, (void *)key, is_client((void *)key, state));

	if (!record)
		return;
	fill_of_socket(&record->header, kind, state);
	record->channel = key;
	record->bytes_sent = state->position[DIRECTION_SENT];
	record->bytes_received = state->position[DIRECTION_RECEIVED];
	bpf_ringbuf_submit(record, wakeup(false));
}

/* Where a TLS connection of the current process leads. */
static __always_inline bool emit_tls_peer(__u64 cgroup_id, __u64 channel, __u64 sock, struct socket_state *state)
{
	struct peer_record *record = reserve_peer(cgroup_id, (void *)sock, !state->served);

	if (!record)
		return false;
	fill(&record->header, KIND_TLS_PEER, cgroup_id);
	record->channel = channel;
	record->bytes_sent = state->begun;
	record->bytes_received = 0;
	bpf_ringbuf_submit(record, wakeup(false));
	return true;
}

/* Whether nothing tells what went through a TCP socket. */
static __always_inline bool is_unread(struct socket_state *state, bool client)
{
	if (!state->position[DIRECTION_SENT] && !state->position[DIRECTION_RECEIVED])
		return false;
	if (state->carries == CARRIES_UNKNOWN)
		return true;
	return client ? state->carries == CARRIES_TLS && !state->speaker : state->served && !state->ssl && !state->tied;
}

/*
 * What a TCP socket carried by the kernel's own count, since its process connected: also what another process sent, which was given its
 * descriptor and is not followed, or io_uring. Told before the end of the stream is queued, which counts as a byte, and not of a socket
 * that was disconnected, as a refused one is: its counts are gone, and its port with them.
 */
static __always_inline void count_all(struct sock *sock, struct socket_state *state)
{
	struct tcp_sock *tcp = (void *)sock;
	__u64 sent, taken, seen = state->position[DIRECTION_SENT];
	struct data_record *record;

	if (state->counted || !state->connected || !BPF_CORE_READ(sock, __sk_common.skc_dport) ||
	    BPF_CORE_READ(sock, sk_protocol) != IPPROTO_TCP)
		return;
	state->counted = 1;
	sent = BPF_CORE_READ(tcp, bytes_sent) - BPF_CORE_READ(tcp, bytes_retrans) +
	       (__u32)(BPF_CORE_READ(tcp, write_seq) - BPF_CORE_READ(tcp, snd_nxt));
	taken = BPF_CORE_READ(tcp, bytes_received) - (__u32)(BPF_CORE_READ(tcp, rcv_nxt) - BPF_CORE_READ(tcp, copied_seq));
	if (state->carries == CARRIES_UNKNOWN) {
		if ((__s64)(sent - seen) > 0)
			state->position[DIRECTION_SENT] = sent;
		if ((__s64)(taken - state->position[DIRECTION_RECEIVED]) > 0)
			state->position[DIRECTION_RECEIVED] = taken;
	}
	if (state->carries != CARRIES_PLAIN || (__s64)(sent - seen) <= 0)
		return;
	record = reserve(state->cgroup_id, sizeof(*record)); /* of no bytes: its position tells how many are missing */
	if (!record) {
		lose(sent - seen);
		return;
	}
	fill_of_socket(&record->header, KIND_SOCKET, state);
	record->channel = (__u64)sock;
	record->end = 0;
	record->position = sent;
	record->call_length = 0;
	record->length = 0;
	record->direction = DIRECTION_SENT;
	record->served = 0;
	bpf_ringbuf_submit(record, wakeup(false));
}

/*
 * Nothing more goes through a TCP socket, or its process closes it. Of one that nobody reads, one that greets as TLS does and sends no data,
 * and one that is served over TLS and that no library knows, it is told then.
 */
static __always_inline void tell_unread(struct sock *sock, struct socket_state *state)
{
	bool client = is_client(sock, state);

	count_all(sock, state);
	if (!is_unread(state, client))
		return;
	emit_peer(client ? KIND_SOCKET_OTHER : KIND_SOCKET_SERVED, (__u64)sock, state);
	state->position[0] = state->position[1] = 0; /* told */
}

/* Whether a socket failed under a process that still has it, which may read what came before. */
static __always_inline bool failed(struct sock *sock)
{
	return BPF_CORE_READ(sock, sk_err) && BPF_CORE_READ(sock, sk_socket);
}

static __always_inline void forget(__u64 key, struct socket_state *state)
{
	struct plain_record *record;

	if (state->carries == CARRIES_PLAIN || tls_of_socket(key, state)) {
		record = reserve(state->cgroup_id, sizeof(*record));
		if (record) {
			fill_of_socket(&record->header, state->carries == CARRIES_PLAIN ? KIND_SOCKET_CLOSED : KIND_TLS_CLOSED, state);
			record->code = key;
			bpf_ringbuf_submit(record, wakeup(false));
		} else {
			lose(0);
		}
	}
	bpf_map_delete_elem(&sockets, &key);
}

/*
 * A TCP socket connects, in the context of its process, is closed by it, or is done with, which may be told in the context of any, and a
 * minute after it was closed.
 */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(socket_state_changed, struct sock *sock, int old, int new)
{
	__u64 key = (__u64)sock, cgroup_id;
	struct socket_state *state, fresh = {};

	if (new != TCP_SYN_SENT && new != TCP_FIN_WAIT1 && new != TCP_LAST_ACK && new != TCP_CLOSE)
		return 0;
	state = bpf_map_lookup_elem(&sockets, &key);
	if (new == TCP_SYN_SENT) {
		if (state)
			forget(key, state); /* connected before, and failed */
		cgroup_id = current_tracked();
		if (!cgroup_id || BPF_CORE_READ(sock, sk_socket, sk) != sock) /* one of those that a socket of MPTCP's goes through */
			return 0;
		fresh.start_ns = start_ns();
		fresh.tgid = bpf_get_current_pid_tgid() >> 32;
		fresh.cgroup_id = cgroup_id;
		fresh.connected = 1;
		bpf_map_update_elem(&sockets, &key, &fresh, BPF_ANY);
		return 0;
	}
	if (!state || (new == TCP_CLOSE && failed(sock)))
		return 0;
	tell_unread(sock, state);
	if (new == TCP_CLOSE)
		forget(key, state);
	return 0;
}

/* Its memory is another's from now on, maybe of a process that is not followed. */
SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(socket_destroyed, struct sock *sock)
{
	__u64 key = (__u64)sock;
	struct socket_state *state = bpf_map_lookup_elem(&sockets, &key);

	if (!state)
		return 0;
	tell_unread(sock, state);
	forget(key, state);
	return 0;
}
