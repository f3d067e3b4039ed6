/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Through which socket the records of a TLS connection go. The library's object and the socket do not know of each other where a program has
 * the library work on memory; the thread that has both at hand tells:
 *
 *   within a call    SSL_write, SSL_read [ send, recv ]         the object of the innermost call, unless the thread had another at hand since
 *   behind it        SSL_write of n bytes ──► send              of one record of data at least, and not many more bytes than n
 *   a handshake      SSL_do_handshake, SSL_read ──► send        of the hello with which TLS begins on a socket
 *
 * Behind a call, only where no other object was at hand since the data was given, and nothing was sent. In Go the goroutine is what the thread
 * is elsewhere: its address is in a register of the system call too. What a handshake told is looked at once more with the first data.
 */
#pragma once

#define RECORD_LEAST 1000	/* bytes that a record of more data carries at least: what fits into a packet */
#define PER_CALL 512		/* bytes that sealing adds to a call's, with the end of a handshake before them, */
#define PER_BYTES 4		/* and to so many bytes one, at most */

/* The object of the library's call that the thread is in; 0 if it is in none. */
static __always_inline __u64 calling(struct thread_state *thread, __u64 sp)
{
	__u64 depth = thread->depth;
	struct tls_call *call;

	if (!depth || depth > NESTED)
		return 0;
	call = &thread->calls[(depth - 1) & (NESTED - 1)];
	return call->sp > sp ? call->ssl : 0; /* else it was left without returning */
}

/* Whether what is sent can be what was said. */
static __always_inline bool fits(struct said *said, __u64 sent)
{
	return said->length && sent >= min(said->length, RECORD_LEAST) && sent <= said->length + said->length / PER_BYTES + PER_CALL;
}

/* Whether a connection is past its first hello, with which data may wait that was given to it. */
static __always_inline bool is_used(struct connection_state *connection)
{
	return connection->sock || connection->position[DIRECTION_RECEIVED];
}

/* Whether a connection is still that of the socket which its data went through. */
static __always_inline bool goes_on(struct connection_state *connection, __u64 ssl)
{
	struct socket_state *socket;

	if (!connection->sure)
		return false;
	socket = bpf_map_lookup_elem(&sockets, &connection->sock);
	return socket && socket->ssl == ssl;
}

__noinline int tie(__u64 cgroup_id, __u64 sock, struct socket_state *state, struct emission *e)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct connection_state *connection;
	struct go_key goroutine = {};
	struct thread_state *thread;
	struct said said, *at = NULL;
	struct pt_regs *regs;
	bool hello = false;
	__u64 ssl;

	if (!state || !e)
		return 0;
	thread = bpf_task_storage_get(&threads, task, NULL, 0);
	if (thread) {
		at = &thread->said;
		barrier_var(at); /* the verifier takes no address in what may be none */
	}
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	if (!state->tied && (!at || !at->ssl)) {
		goroutine.goroutine = regs->r14;
		goroutine.tgid = task->tgid;
		at = bpf_map_lookup_elem(&go_said, &goroutine);
	}
	if (!at)
		return 0;
	said = *at;
	if (e->direction == DIRECTION_SENT)
		at->ssl = at->length = 0;
	if (state->tied || said.ssl <= SEVERAL)
		return 0;
	ssl = thread ? calling(thread, regs->sp) : 0;
	if (ssl != said.ssl) { /* in none, or in one that had something else done meanwhile */
		hello = (__u32)e->position == state->begun;
		if (e->direction == DIRECTION_RECEIVED)
			return 0;
		if (hello ? said.length : !fits(&said, e->remain))
			return 0;
		ssl = said.ssl;
	}
	connection = connection_state(ssl);
	if (!connection)
		return 0;
	if (ssl != state->ssl) {
		if (hello ? is_used(connection) : goes_on(connection, ssl))
			return 0;
		if (!emit_tls_peer(cgroup_id, ssl, sock, state))
			return 0;
		connection->sock = sock;
		connection->served = state->served;
		state->ssl = ssl;
	}
	state->tied = connection->sure = !hello;
	return 0;
}
