/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Plaintext of TLS libraries and of Go's crypto/tls, from uprobes. */
#pragma once

#define TLS_WRITE 0	/* cookies of the attached functions: direction, and whether the count is returned by reference */
#define TLS_READ 1
#define TLS_EX 2	/* through the fourth argument */
#define TLS_COUNT_R8 4	/* which is in r8 where the probe is */
#define TLS_HANDSHAKE 8	/* or whether it only goes on with a handshake */

#define SEVERAL 1	/* no object's address */
#define STACK (64 << 10)	/* bytes between a call and one within it, at most; fibers' stacks are further apart */

/* Of a uprobe session; bpf_session_is_return has other parameters from Linux 7.0 on, which libbpf before 1.3 cannot choose between. */
static __always_inline bool returns(struct pt_regs *ctx)
{
	return ctx->ip != bpf_get_func_ip(ctx);
}

static __always_inline void connection_of(struct connection_key *key, __u64 ssl)
{
	key->ssl = ssl;
	key->start_ns = start_ns();
	key->tgid = bpf_get_current_pid_tgid() >> 32;
}

static __always_inline struct connection_state *connection_state(__u64 ssl)
{
	static const struct connection_state fresh;
	struct connection_state *connection;
	struct connection_key key = {};

	connection_of(&key, ssl);
	connection = bpf_map_lookup_elem(&connections, &key);
	if (connection)
		return connection;
	bpf_map_update_elem(&connections, &key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&connections, &key);
}

/* Fills an emission of which nothing else is set. */
static __always_inline void of_tls(struct emission *e, __u64 cgroup_id, __u32 kind, __u64 channel, __u32 direction, __u64 buffer,
				   __u64 moved, __u64 position, bool served)
{
	e->kind = kind;
	e->cgroup_id = cgroup_id;
	e->channel = channel;
	e->direction = direction & 1;
	e->base = buffer;
	e->left = moved;
	e->remain = moved;
	e->call_length = moved;
	e->position = position;
	e->served = served;
}

static __always_inline void tls_piece(__u64 cgroup_id, __u32 kind, __u64 channel, __u32 direction, __u64 buffer, __u64 moved,
				      __u64 position, bool served)
{
	struct emission e = {};

	of_tls(&e, cgroup_id, kind, channel, direction, buffer, moved, position, served);
	emit(&e, true);
}

/* Plaintext that a library took or gave. Answers its connection, if there is room for it. */
static __always_inline struct connection_state *tls_moved(__u64 cgroup_id, __u64 ssl, __u32 direction, __u64 buffer, __u64 moved)
{
	struct connection_state *connection = connection_state(ssl);

	if (!connection) {
		lose(moved);
		return NULL;
	}
	tls_piece(cgroup_id, KIND_TLS, ssl, direction, buffer, moved,
		  __sync_fetch_and_add(&connection->position[direction & 1], moved), connection->served);
	return connection;
}

static __always_inline struct thread_state *thread_state(void)
{
	return bpf_task_storage_get(&threads, bpf_get_current_task_btf(), NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* What a thread does with a connection object: which socket that is shows when something is sent next (tls_sockets.h). */
static __always_inline void say(struct said *said, __u64 ssl, __u64 length)
{
	if (said->ssl == ssl) {
		said->length += length;
	} else if (said->length) {
		said->ssl = SEVERAL;
	} else {
		said->ssl = ssl;
		said->length = length;
	}
}

static __always_inline void go_say(__u64 goroutine, __u64 ssl, __u64 length)
{
	struct go_key key = {.goroutine = goroutine, .tgid = bpf_get_current_pid_tgid() >> 32};
	struct said *said = bpf_map_lookup_elem(&go_said, &key), fresh = {.ssl = ssl, .length = length};

	if (said)
		say(said, ssl, length);
	else
		bpf_map_update_elem(&go_said, &key, &fresh, BPF_ANY);
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
	connection_of(&key, ssl);
	if (bpf_map_delete_elem(&connections, &key) == 0)
		emit_plain(KIND_TLS_CLOSED, cgroup_id, ssl);
	return 0;
}

/* 0 if the return is of interest. */
static __always_inline int tls_enter(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx);
	__u64 sp = ctx->sp, in_rcx = ctx->cx, in_r8 = ctx->r8, cgroup_id = current_tracked();
	struct thread_state *thread;
	struct tls_call *call;
	__u64 depth;

	barrier_var(in_rcx); /* the verifier takes no access at an offset that was chosen */
	barrier_var(in_r8);
	if (!cgroup_id)
		return 1;
	if ((cookie & (TLS_READ | TLS_HANDSHAKE)) == 0 && end_condemned())
		return 1;
	thread = thread_state();
	if (!thread) {
		lose(0);
		return 1;
	}
	say(&thread->said, ctx->di, 0);
	if (cookie & TLS_HANDSHAKE)
		return 1;
	depth = thread->depth;
	for (int i = 0; i < NESTED; i++) { /* calls that were left without returning: the stack is above them again */
		__u64 outer = thread->calls[(depth - 1) & (NESTED - 1)].sp;

		if (depth == 0 || depth > NESTED)
			break;
		if (sp - outer + STACK > 2 * STACK) { /* on another stack: who returns first is not known */
			depth = NESTED;
			break;
		}
		if (outer > sp)
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
	call->count = !(cookie & TLS_EX) ? 0 : cookie & TLS_COUNT_R8 ? in_r8 : in_rcx;
	call->cgroup_id = cgroup_id;
	call->direction = cookie & TLS_READ ? DIRECTION_RECEIVED : DIRECTION_SENT;
	call->told = false;
	thread->depth = depth + 1;
	return 0;
}

/* One probed function may do its work through another (LibreSSL's SSL_write_ex through SSL_write): what the inner one told is told. */
static __always_inline void tell_outer(struct thread_state *thread, __u64 depth, struct tls_call *call)
{
	struct tls_call *outer;

	if (depth < 2)
		return;
	outer = &thread->calls[(depth - 2) & (NESTED - 1)];
	if (outer->ssl == call->ssl && outer->direction == call->direction)
		outer->told = true;
}

static __always_inline int tls_return(struct pt_regs *ctx)
{
	struct connection_state *connection;
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
	if (call->told) {
		tell_outer(thread, depth, call);
		return 0;
	}
	if (moved <= 0)
		return 0;
	if (call->count) {
		__u64 count = 0;

		if (bpf_probe_read_user(&count, sizeof(count), (void *)call->count)) {
			report_blind(call->cgroup_id, BLIND_UNREAD);
			return 0;
		}
		moved = count;
	}
	if (moved <= 0 || moved > 0x7fffffff)
		return 0;
	tell_outer(thread, depth, call);
	connection = tls_moved(call->cgroup_id, call->ssl, call->direction & 1, call->buffer, moved);
	if (connection && !connection->sure && call->direction == DIRECTION_SENT)
		say(&thread->said, call->ssl, moved);
	return 0;
}

SEC(UPROBE)
int tls_session(struct pt_regs *ctx)
{
	one_stack(ctx, probed);
	return returns(ctx) ? tls_return(ctx) : tls_enter(ctx);
}

SEC(UPROBE)
int tls_entry(struct pt_regs *ctx)
{
	tls_enter(ctx);
	return 0;
}

SEC(UPROBE)
int tls_exit(struct pt_regs *ctx)
{
	one_stack(ctx, probed);
	return tls_return(ctx);
}

SEC(UPROBE)
int tls_free(struct pt_regs *ctx)
{
	return tls_ended(ctx->di);
}

/*
 * Go's crypto/tls: func (c *Conn) Write(b []byte) (int, error), and Read alike. The ABI (abi-internal.md) has the receiver in AX,
 * the slice in BX and CX, the first result in AX. A write is told when it begins, with all of its bytes.
 */
SEC(UPROBE)
int go_write(struct pt_regs *ctx)
{
	__u64 cgroup_id = current_tracked();
	struct connection_state *connection;
	__s64 length = ctx->cx;

	one_stack(ctx, probed);
	if (!cgroup_id || end_condemned() || length <= 0 || length > 0x7fffffff)
		return 0;
	connection = tls_moved(cgroup_id, ctx->ax, DIRECTION_SENT, ctx->bx, length);
	if (connection && !connection->sure)
		go_say(ctx->r14, ctx->ax, length);
	return 0;
}

/*
 * Whether the goroutine gave the connection its first data, of which nothing was sent: the handshake is within that call, and what is sent
 * next is the hello.
 */
static __always_inline bool is_writing_first(__u64 goroutine, __u64 ssl)
{
	struct go_key key = {.goroutine = goroutine, .tgid = bpf_get_current_pid_tgid() >> 32};
	struct said *said = bpf_map_lookup_elem(&go_said, &key);
	struct connection_state *connection;

	if (!said || said->ssl != ssl || !said->length)
		return false;
	connection = connection_state(ssl);
	if (!connection || connection->position[DIRECTION_SENT] != said->length || connection->position[DIRECTION_RECEIVED])
		return false;
	said->length = 0;
	return true;
}

/* Once for each connection: one that was there before, at the same address, was never closed. */
SEC(UPROBE)
int go_handshake(struct pt_regs *ctx)
{
	if (!is_writing_first(ctx->r14, ctx->ax))
		tls_ended(ctx->ax);
	if (current_tracked())
		go_say(ctx->r14, ctx->ax, 0);
	return 0;
}

SEC(UPROBE)
int go_read(struct pt_regs *ctx)
{
	struct go_key key = {.goroutine = ctx->r14, .tgid = bpf_get_current_pid_tgid() >> 32};
	struct go_read read = {.connection = ctx->ax, .buffer = ctx->bx, .cgroup_id = current_tracked()};

	if (read.cgroup_id && bpf_map_update_elem(&go_reads, &key, &read, BPF_ANY))
		lose(0);
	return 0;
}

SEC(UPROBE)
int go_read_return(struct pt_regs *ctx)
{
	struct go_key key = {.goroutine = ctx->r14, .tgid = bpf_get_current_pid_tgid() >> 32};
	struct go_read *read = bpf_map_lookup_elem(&go_reads, &key), copy;
	__s64 length = ctx->ax;

	one_stack(ctx, probed);
	if (!read)
		return 0;
	copy = *read;
	bpf_map_delete_elem(&go_reads, &key);
	if (length > 0 && length <= 0x7fffffff)
		tls_moved(copy.cgroup_id, copy.connection, DIRECTION_RECEIVED, copy.buffer, length);
	return 0;
}

SEC(UPROBE)
int go_close(struct pt_regs *ctx)
{
	return tls_ended(ctx->ax);
}
