/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* A call's bytes, cut into records of size classes. */
#pragma once

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
	__u32 served;
};

struct user_iovec {
	__u64 base;
	__u64 length;
};

/* Goes on to the next segment of a vector; false if there is none, or none that can be read. */
static __always_inline bool next_segment(__u64 *vector, __u64 *vectors, __u64 *base, __u64 *left)
{
	struct user_iovec segment;

	if (!*vectors || bpf_probe_read_user(&segment, sizeof(segment), (void *)*vector))
		return false;
	*vector += sizeof(segment);
	(*vectors)--;
	*base = segment.base;
	*left = segment.length;
	return true;
}

/* The first segment of a call; its length is 0 if it cannot be read. */
static __always_inline struct user_iovec first_segment(struct emission *e)
{
	struct user_iovec first = {.base = e->base, .length = e->left};

	if (!first.length && e->vectors)
		bpf_probe_read_user(&first, sizeof(first), (void *)e->vector);
	return first;
}

/*
 * One record of a size class. Memory that the process has just used is nearly always there to be read. Where it is not and the
 * program may wait, it is fetched before the room in the ring is taken: nobody can hold up the ring with a page that never comes.
 * Not static, here and in what handles a system call: the verifier then looks at a function once and not at each call, which is most
 * of the time that loading takes.
 */
#define EMIT(CLASS)                                                                                                      \
	__noinline int emit_##CLASS(struct emission *e, __u64 length)                                                    \
	{                                                                                                                \
		struct data_record *record;                                                                              \
		long error;                                                                                              \
                                                                                                                         \
		if (!e || length > CLASS)                                                                                \
			return 0;                                                                                        \
		record = reserve(e->cgroup_id, sizeof(*record) + CLASS);                                                 \
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
		record->served = e->served;                                                                              \
		bpf_ringbuf_submit(record, wakeup(false));                                                               \
		return 0;                                                                                                \
	}

EMIT(256)
EMIT(512)
EMIT(1024)
EMIT(2048)
EMIT(4096)
EMIT(8192)
EMIT(16384)

static __always_inline int emit_piece(struct emission *e, __u64 length)
{
	if (length <= 256)
		return emit_256(e, length);
	if (length <= 512)
		return emit_512(e, length);
	if (length <= 1024)
		return emit_1024(e, length);
	if (length <= 2048)
		return emit_2048(e, length);
	if (length <= 4096)
		return emit_4096(e, length);
	if (length <= 8192)
		return emit_8192(e, length);
	return emit_16384(e, length);
}

static __always_inline long next_piece(struct emission *e, bool may_fault)
{
	__u64 length = e->left;
	int absent;

	if (e->remain == 0)
		return 1;
	if (length == 0) {
		if (e->vectors == 0)
			return 1;
		if (next_segment(&e->vector, &e->vectors, &e->base, &e->left))
			return 0;
		report_blind(e->cgroup_id, BLIND_UNREAD);
		e->remain = 0;
		return 1;
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
		report_blind(e->cgroup_id, BLIND_UNREAD);
	e->base += length;
	e->left -= length;
	e->remain -= length;
	e->position += length;
	return 0;
}

static long next_piece_at_once(__u32 i, struct emission **e)
{
	return next_piece(*e, false);
}

static long next_piece_may_fault(__u32 i, struct emission *e)
{
	return next_piece(e, true);
}

/* What is beyond the limit is lost bytes. What cannot be read is said to be so, and the next position tells how much it is. */
static __always_inline void emit(struct emission *e, bool may_fault)
{
	if (may_fault)
		bpf_loop(PIECES, next_piece_may_fault, e, 0);
	else
		bpf_loop(PIECES, next_piece_at_once, &e, 0);
	if (e->remain)
		lose(e->remain);
}

/* The first four bytes of a call, from as many segments as that takes; zeros behind the last. */
__noinline int beginning(struct emission *e)
{
	__u64 base, left, vector, vectors, got = 0;
	__u8 bytes[4] = {};

	if (!e)
		return 0;
	base = e->base;
	left = e->left;
	vector = e->vector;
	vectors = e->vectors;

	for (int i = 0; i < 8 && got < sizeof(bytes); i++) {
		if (left) {
			if (bpf_probe_read_user(&bytes[got & 3], 1, (void *)base))
				break;
			got++;
			base++;
			left--;
		} else if (!next_segment(&vector, &vectors, &base, &left)) {
			break;
		}
	}
	return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (__u32)bytes[3] << 24;
}
