/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Plaintext of rustls, from uprobes on what protects its records: the AEAD functions of ring and AWS-LC, told to be a record's by their
 * additional data (RFC 8446, 5.2: the record's header; RFC 5246, 6.2.3.3: sequence, header). A direction has a key and no connection:
 *
 *   seal ──► ciphertext, kept in `sealed` ──► the socket through which a record that begins so is sent
 *   open ◄── ciphertext, at its address   ◄── the socket from which the thread last received to there
 *
 * What moves before that is known is told as held under the key, and as the connection's when it is.
 */
#pragma once

#define AEAD_OPEN 1		/* cookies: direction, and how the arguments are given */
#define AEAD_RING 0
#define AEAD_WHOLE 2		/* EVP_AEAD_CTX_seal, _open: the tag behind the text */
#define AEAD_SCATTERED 4	/* EVP_AEAD_CTX_seal_scatter, _open_gather */

#define NEAR 1024		/* bytes of stack between a function and one that it calls */
#define TAG 16
#define CONTENT 23		/* ContentType application_data */
#define MAX_RECORD (16384 + 256)
#define MAX_HELD (1 << 20)	/* bytes of one direction before its connection is known */
#define PADDING 255		/* bytes at the end of a record that are looked through */
#define RECORDS 40		/* of one system call that are looked at */

struct aead_arguments {
	__u64 context;
	__u64 in;
	__u64 length;		/* of the text, without tag and what is extra */
	__u64 extra;		/* where one more byte of it is; 0 if there is none */
	__u64 out;
	__u64 ad;
	__u64 ad_length;
	__u64 begin;		/* of what is opened */
	__u64 end;		/* after the tag, of what is opened */
};

/* 0 if they can be read. */
static __always_inline int aead_arguments(struct pt_regs *ctx, __u64 cookie, struct aead_arguments *a)
{
	__u64 stack[8]; /* the return address, then arguments */

	if (bpf_probe_read_user(stack, sizeof(stack), (void *)ctx->sp))
		return 1;
	switch (cookie) {
	case AEAD_RING: /* fn(&KeyInner, Nonce, Aad<&[u8]>, &mut [u8]) -> Result<Tag, _>, the result's address first */
	case AEAD_RING | AEAD_OPEN: /* and RangeFrom<usize>: where the ciphertext begins; the text is put at the slice's beginning */
		a->context = ctx->si;
		a->ad = ctx->cx;
		a->ad_length = ctx->r8;
		a->in = a->out = ctx->r9;
		a->length = stack[1];
		a->end = a->in + a->length + TAG;
		if (cookie & AEAD_OPEN)
			a->length -= stack[2];
		a->begin = a->end - TAG - a->length;
		return 0;
	case AEAD_WHOLE: /* (ctx, out, out_len *, max_out_len, nonce, nonce_len, in, in_len, ad, ad_len) */
	case AEAD_WHOLE | AEAD_OPEN:
		a->context = ctx->di;
		a->out = ctx->si;
		a->in = a->begin = stack[1];
		a->length = stack[2];
		a->ad = stack[3];
		a->ad_length = stack[4];
		a->end = a->in + a->length;
		if (cookie & AEAD_OPEN)
			a->length -= TAG;
		return 0;
	case AEAD_SCATTERED: /* (ctx, out, out_tag, out_tag_len *, max_tag, nonce, nonce_len, in, in_len, extra, extra_len, ad, ad_len) */
		a->context = ctx->di;
		a->out = ctx->si;
		a->in = stack[2];
		a->length = stack[3];
		a->extra = stack[5] == 1 ? stack[4] : 0;
		a->ad = stack[6];
		a->ad_length = stack[7];
		return stack[5] > 1;
	case AEAD_SCATTERED | AEAD_OPEN: /* (ctx, out, nonce, nonce_len, in, in_len, tag, tag_len, ad, ad_len) */
		a->context = ctx->di;
		a->out = ctx->si;
		a->in = a->begin = ctx->r8;
		a->length = ctx->r9;
		a->ad = stack[3];
		a->ad_length = stack[4];
		a->end = stack[1] + stack[2];
		return 0;
	}
	return 1;
}

/* The version of the record of application data that is sealed or opened: 12, 13, 0 if it is none. */
static __always_inline int record_version(struct aead_arguments *a)
{
	__u64 whole = a->length + (a->extra ? 1 : 0);
	__u8 ad[13];

	if (a->length > MAX_RECORD)
		return 0;
	if (a->ad_length == 5) {
		if (bpf_probe_read_user(ad, 5, (void *)a->ad))
			return 0;
		return ad[0] == CONTENT && ad[1] == 3 && ad[2] == 3 && (__u64)(ad[3] << 8 | ad[4]) == whole + TAG ? 13 : 0;
	}
	if (a->ad_length != 13 || a->extra || bpf_probe_read_user(ad, 13, (void *)a->ad))
		return 0;
	return ad[8] == CONTENT && ad[9] == 3 && ad[10] == 3 && (__u64)(ad[11] << 8 | ad[12]) == whole ? 12 : 0;
}

/* Names a key: addresses are used again, and another connection's key schedule is another. 0 if it cannot be read. */
static __always_inline __u64 key_name(__u64 context)
{
	__u64 words[8], name = 0;

	if (bpf_probe_read_user(words, sizeof(words), (void *)context))
		return 0;
	for (int i = 0; i < 8; i++) {
		name = (name ^ words[i]) * 0x9e3779b97f4a7c15ULL;
		name ^= name >> 29;
	}
	return name;
}

static __always_inline struct aead_key *key_state(struct connection_key *key)
{
	static const struct aead_key fresh;
	struct aead_key *state = bpf_map_lookup_elem(&keys, key);

	if (state)
		return state;
	bpf_map_update_elem(&keys, key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&keys, key);
}

/* The connection of a key is known: what was held of it is that connection's. */
__noinline int join(__u64 cgroup_id, __u64 name, __u64 sock, __u32 direction)
{
	struct socket_state *socket = bpf_map_lookup_elem(&sockets, &sock);
	struct connection_state *connection;
	struct connection_key key = {};
	struct data_record *record;
	struct aead_key *state;
	__u64 base;

	connection_of(&key, name);
	state = key_state(&key);
	if (!state || state->sock == sock)
		return 0;
	state->sock = sock;
	if (socket && !socket->tied && !is_unix(sock) && emit_tls_peer(cgroup_id, sock, sock, socket))
		socket->tied = 1;
	if (!state->held)
		return 0;
	connection = connection_state(sock);
	record = connection ? reserve(cgroup_id, sizeof(*record)) : NULL;
	if (!record) {
		lose(state->held);
		return 0;
	}
	base = __sync_fetch_and_add(&connection->position[direction & 1], state->held);
	fill(&record->header, KIND_TLS_JOINED, cgroup_id);
	record->channel = sock;
	record->end = name;
	record->position = base;
	record->call_length = 0;
	record->length = 0;
	record->direction = direction;
	record->served = 0;
	bpf_ringbuf_submit(record, wakeup(false));
	state->held = 0;
	return 0;
}

__noinline int record_moved(__u64 cgroup_id, __u64 name, __u32 direction, __u64 buffer, __u64 length)
{
	struct connection_key key = {};
	struct aead_key *state;

	if (!length)
		return 0;
	connection_of(&key, name);
	state = key_state(&key);
	if (!state || (!state->sock && state->held > MAX_HELD)) {
		lose(length);
		return 0;
	}
	if (state->sock) {
		tls_moved(cgroup_id, state->sock, direction, buffer, length);
		return 0;
	}
	tls_piece(cgroup_id, KIND_TLS_HELD, name, direction, buffer, length, state->held, false);
	state->held += length;
	return 0;
}

/* Whether the last call that received anything put it where a record ends. */
static __always_inline bool was_received(struct received *received, __u64 end)
{
	for (int i = 0; i < SEGMENTS; i++)
		if (end > received->segments[i].base && end <= received->segments[i].base + received->segments[i].length)
			return true;
	return false;
}

/* Whether it received a record that begins so: it may have been copied since, as rustls did before 0.23. */
static __always_inline bool was_copied(struct received *received, __u64 begin)
{
	__u64 bytes = 0;

	return !bpf_probe_read_user(&bytes, sizeof(bytes), (void *)begin) && bytes &&
	       (bytes == received->begins[0] || bytes == received->begins[1]);
}

/* 0 if the return is of interest. */
static __always_inline int aead_enter(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx), cgroup_id = current_tracked(), name;
	struct aead_arguments a = {};
	struct connection_key key = {};
	struct thread_state *thread;
	struct aead_key *state;
	int version;
	__u8 type;

	if (!cgroup_id || aead_arguments(ctx, cookie, &a))
		return 1;
	version = record_version(&a);
	name = version ? key_name(a.context) : 0;
	thread = name ? thread_state() : NULL;
	if (!thread)
		return 1;
	if ((cookie & AEAD_SCATTERED) && (thread->aead.cookie & AEAD_WHOLE) && thread->aead.sp - ctx->sp < NEAR)
		return 1; /* the one calls the other */
	if (cookie & AEAD_OPEN) {
		if (thread->received.sock &&
		    (was_received(&thread->received, a.end) || was_copied(&thread->received, a.begin)))
			join(cgroup_id, name, thread->received.sock, DIRECTION_RECEIVED);
	} else {
		if (version == 13) {
			if (!a.extra && !a.length)
				return 1;
			if (bpf_probe_read_user(&type, 1, (void *)(a.extra ? a.extra : a.in + a.length - 1)) || type != CONTENT)
				return 1;
		}
		if (end_condemned())
			return 1;
		record_moved(cgroup_id, name, DIRECTION_SENT, a.in, a.length - (version == 13 && !a.extra));
		connection_of(&key, name);
		state = bpf_map_lookup_elem(&keys, &key);
		if (!state || state->sock)
			return 1;
	}
	thread->aead.sp = ctx->sp;
	thread->aead.name = name;
	thread->aead.cgroup_id = cgroup_id;
	thread->aead.out = a.out;
	thread->aead.length = a.length;
	thread->aead.version = version;
	thread->aead.cookie = cookie;
	thread->aead.result = cookie & ~AEAD_OPEN ? 0 : ctx->di;
	return 0;
}

/* The length of what a record carries, without the zeros behind it and the type: -1 if that is not application data. */
__noinline int inner(__u64 out, __u64 length)
{
	__u8 type = 0;

	for (int i = 0; i <= PADDING; i++) {
		if (!length || bpf_probe_read_user(&type, 1, (void *)(out + --length)))
			return -1;
		if (type)
			break;
	}
	return type == CONTENT ? (int)length : -1;
}

static __always_inline int aead_return(struct pt_regs *ctx)
{
	struct thread_state *thread;
	struct aead_call call;
	__u8 failed = 1;
	__s64 length;

	thread = bpf_task_storage_get(&threads, bpf_get_current_task_btf(), NULL, 0);
	if (!thread || thread->aead.sp != ctx->sp - 8)
		return 0;
	call = thread->aead;
	thread->aead.sp = 0;
	if (!call.result)
		failed = (__s32)ctx->ax != 1;
	else if (bpf_probe_read_user(&failed, 1, (void *)call.result))
		return 0;
	if (failed)
		return 0;
	if (!(call.cookie & AEAD_OPEN)) {
		struct sealed_key key = {.start_ns = start_ns()};

		if (!bpf_probe_read_user(&key.begin, sizeof(key.begin), (void *)call.out))
			bpf_map_update_elem(&sealed, &key, &call.name, BPF_ANY);
		return 0;
	}
	length = call.version == 13 ? inner(call.out, call.length) : (__s64)call.length;
	if (length > 0)
		record_moved(call.cgroup_id, call.name, DIRECTION_RECEIVED, call.out, length);
	return 0;
}

SEC(UPROBE)
int aead_session(struct pt_regs *ctx)
{
	one_stack(ctx, probed);
	return returns(ctx) ? aead_return(ctx) : aead_enter(ctx);
}

SEC(UPROBE)
int aead_entry(struct pt_regs *ctx)
{
	one_stack(ctx, probed);
	aead_enter(ctx);
	return 0;
}

SEC(UPROBE)
int aead_exit(struct pt_regs *ctx)
{
	one_stack(ctx, probed);
	return aead_return(ctx);
}

struct sent_records {
	__u64 base;
	__u64 left;
	__u64 vector;
	__u64 vectors;
	__u64 names[2]; /* of the first key and of the last, which may be the one after it: RFC 8446, 4.6.3 */
};

static long sent_record(__u32 i, struct sent_records *sent)
{
	struct sealed_key key = {.start_ns = start_ns()};
	__u64 *name, length;
	__u8 head[21]; /* header, explicit nonce (TLS 1.2, AES), and what is compared */

	if (sent->left < sizeof(head))
		return next_segment(&sent->vector, &sent->vectors, &sent->base, &sent->left) ? 0 : 1;
	if (bpf_probe_read_user(head, sizeof(head), (void *)sent->base) || head[1] != 3 || head[0] < 20 || head[0] > CONTENT)
		return 1;
	length = 5 + (head[3] << 8 | head[4]);
	if (head[0] == CONTENT) {
		__builtin_memcpy(&key.begin, head + 5, 8);
		name = bpf_map_lookup_elem(&sealed, &key);
		if (!name) {
			__builtin_memcpy(&key.begin, head + 13, 8);
			name = bpf_map_lookup_elem(&sealed, &key);
		}
		if (name) {
			sent->names[sent->names[0] && *name != sent->names[0]] = *name;
			bpf_map_delete_elem(&sealed, &key);
		}
	}
	sent->base += length;
	sent->left = sent->left > length ? sent->left - length : 0;
	return 0;
}

/* TLS records went through a socket. */
static __always_inline void records_through(__u64 cgroup_id, __u64 sock, struct emission *e)
{
	struct thread_state *thread;
	__u64 left = e->remain;
	__u8 head[21]; /* as of what is sent */

	if (e->direction == DIRECTION_SENT) {
		struct sent_records sent = {
			.base = e->base, .left = e->left, .vector = e->vector, .vectors = e->vectors,
		};

		bpf_loop(RECORDS, sent_record, &sent, 0);
		if (sent.names[0])
			join(cgroup_id, sent.names[0], sock, DIRECTION_SENT);
		if (sent.names[1])
			join(cgroup_id, sent.names[1], sock, DIRECTION_SENT);
		return;
	}
	thread = thread_state();
	if (!thread)
		return;
	thread->received.sock = sock;
	__builtin_memset(thread->received.segments, 0, sizeof(thread->received.segments));
	__builtin_memset(thread->received.begins, 0, sizeof(thread->received.begins));
	thread->received.segments[0].base = e->base;
	thread->received.segments[0].length = e->left;
	for (__u64 i = 0; i < SEGMENTS && i < e->vectors && left; i++) {
		struct segment *segment = &thread->received.segments[i];

		if (bpf_probe_read_user(segment, sizeof(*segment), (void *)(e->vector + i * sizeof(*segment))))
			return;
		if (segment->length > left)
			segment->length = left;
		left -= segment->length;
	}
	if (thread->received.segments[0].length >= sizeof(head) &&
	    !bpf_probe_read_user(head, sizeof(head), (void *)thread->received.segments[0].base) && head[0] == CONTENT && head[1] == 3) {
		__builtin_memcpy(&thread->received.begins[0], head + 5, 8);
		__builtin_memcpy(&thread->received.begins[1], head + 13, 8);
	}
}
