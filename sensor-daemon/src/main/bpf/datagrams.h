/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Datagrams: where they go is told with the first, and how many there were is counted, as who sends many opens and closes sockets at will. */
#pragma once

/* A call that moved bytes, and where they are in user memory: in one segment, or in a vector of them. */
struct movement {
	__u64 base;
	__u64 left;
	__u64 vector;
	__u64 vectors;
	__u64 remain; /* bytes moved */
	__u64 name;   /* struct sockaddr that a datagram goes to or came from, in user memory; 0 if the call names none */
	__u32 direction;
	__u32 flags;  /* MSG_* */
};

#define QUIC_INITIAL 1200	/* bytes: what a client's first datagram has at least, RFC 9000, 14.1 */

/* A datagram was sent: QUIC carries its TLS within itself, in a library of the program's own, and no probe hears it. */
static __always_inline void look_for_quic(__u64 cgroup_id, struct emission *e)
{
	__u32 word;

	if (e->remain < QUIC_INITIAL)
		return;
	word = beginning(e); /* an Initial's type, and three of the four bytes of its version: RFC 9000, 17.2.2; RFC 9369, 3 */
	if ((word & 0xfffffff0) == 0x000000c0 || (word & 0xfffffff0) == 0x43336bd0)
		report_blind(cgroup_id, BLIND_QUIC);
}

/* The first that is sent to a destination is told; of what is received, only what comes from one. */
__noinline int on_datagram(__u64 cgroup_id, __u64 socket, const struct movement *moved)
{
	struct sock *sock = (void *)socket;
	static const struct flow fresh;
	struct flow *flow;
	struct peer_record *record;
	struct flow_key key = {};
	__u16 port;

	if (!moved)
		return 0;
	port = bpf_ntohs(BPF_CORE_READ(sock, __sk_common.skc_dport));
	if (!moved->name || (moved->direction == DIRECTION_RECEIVED && port) || !address_at(moved->name, key.address, &key.port)) {
		address_of(sock, key.address);
		key.port = port;
	}
	key.start_ns = start_ns();
	key.tgid = bpf_get_current_pid_tgid() >> 32;
	key.protocol = BPF_CORE_READ(sock, sk_protocol);
	flow = bpf_map_lookup_elem(&flows, &key);
	if (!flow && moved->direction == DIRECTION_RECEIVED)
		return 0;
	if (!flow) {
		record = reserve(cgroup_id, sizeof(*record));
		if (record && !bpf_map_update_elem(&flows, &key, &fresh, BPF_NOEXIST)) {
			fill(&record->header, KIND_DATAGRAMS, cgroup_id);
			__builtin_memcpy(record->address, key.address, sizeof(record->address));
			record->channel = 0;
			record->bytes_sent = moved->remain;
			record->bytes_received = 0;
			record->port = key.port;
			record->protocol = key.protocol;
			record->connected = 1;
			bpf_ringbuf_submit(record, wakeup(false));
		} else if (record) { /* another thread was first, or there is no room */
			bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		}
		flow = bpf_map_lookup_elem(&flows, &key);
		if (!flow) {
			lose(moved->remain);
			return 0;
		}
	}
	flow->last_ns = bpf_ktime_get_ns();
	__sync_fetch_and_add(&flow->bytes[moved->direction & 1], moved->remain);
	return 0;
}
