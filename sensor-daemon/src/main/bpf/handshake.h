/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Where a TLS client's handshake ends, told by the headers of its records: what comes behind it is data. They are followed from the hello on,
 * by single bytes, since a call has many, one or a part of one; what a record carries is skipped.
 *
 *   TLS 1.2    22 hello ──► ◄── answer    22 …, 20, 22 Finished               then 23 is data         RFC 5246, 7.3
 *   TLS 1.3    22 hello ──► ◄── answer    [20], [23 Certificate, 23 CertificateVerify], 23 Finished   RFC 8446, 2
 *              the answer asks for another hello:   [20], 22 hello, and on as above                   RFC 8446, 4.1.4
 *              early data                 23 before the answer                                        RFC 8446, 4.2.10
 *
 * In TLS 1.3 the type says nothing, but Finished is known by its length, and so is what needs no data: alerts, and updates of keys. JSSE pads
 * all of its records by 16 bytes. A client that shows a certificate has it in three records, of which the last is Finished, or in one (NSS,
 * BoringSSL, rustls), of whatever length: then the next is told to be data by what does not follow it.
 */
#pragma once

#define CHANGE_CIPHER_SPEC 20	/* ContentType: RFC 8446, 5.1 */
#define HANDSHAKE_MESSAGES 22
#define HEARTBEAT 24
#define CLIENT_HELLO 1		/* HandshakeType */
#define FINISHED_OLD 96		/* bytes of the record of a Finished before TLS 1.3, at most */
#define FINISHED 53		/* bytes of its record in TLS 1.3, with SHA-256 */
#define MORE 16			/* bytes that it has more with SHA-384, and any record with JSSE's padding */
#define NO_CERTIFICATE 8	/* bytes of a Certificate that has none */
#define ALERT 19		/* bytes of its record in TLS 1.3 */
#define KEY_UPDATE 22
#define STEPS 128		/* of one call: some eight a record, and one a segment */

struct records_walk {
	__u64 base;
	__u64 left;
	__u64 vector;
	__u64 vectors;
	__u64 remain;		/* bytes of the call */
	struct client_records records;
	__u16 answered;
	__u16 through;		/* past data as well, to what is no record */
	__u16 data;
	__u16 over;		/* what is no record was there */
};

/* Whether a record of TLS 1.3 behind its handshake is data. Where Finished left it open whether all are padded, the first that is none tells. */
static __always_inline bool is_data_of_13(struct client_records *records)
{
	bool plain = records->left <= ALERT || records->left == KEY_UPDATE;
	bool padded = records->left == ALERT + MORE || records->left == KEY_UPDATE + MORE;

	if (records->phase == HANDSHAKE_OVER)
		records->phase = plain ? HANDSHAKE_OVER_PLAIN : HANDSHAKE_OVER_PADDED;
	return records->phase == HANDSHAKE_OVER_PLAIN ? !plain : !padded;
}

/* Whether a record, of which the first byte was read, is data. */
static __always_inline bool is_data(struct client_records *records, __u8 first, bool answered)
{
	__u32 length = records->left;

	if (records->type == HANDSHAKE_MESSAGES && records->phase == HANDSHAKE_HELLO && answered)
		records->phase = first == CLIENT_HELLO && length > FINISHED_OLD ? HANDSHAKE_ENCRYPTED : HANDSHAKE_OLD;
	if (records->type != CONTENT)
		return false;
	switch (records->phase) {
	case HANDSHAKE_HELLO:
		if (!answered)
			return true;
		records->phase = HANDSHAKE_ENCRYPTED;
		/* fall through */
	case HANDSHAKE_ENCRYPTED:
		if (length == FINISHED + NO_CERTIFICATE || length == FINISHED + MORE + NO_CERTIFICATE)
			length -= NO_CERTIFICATE; /* both in one */
		/* fall through */
	case HANDSHAKE_CERTIFICATE:
	case HANDSHAKE_VERIFIED:
		if (length == FINISHED)
			records->phase = HANDSHAKE_OVER_PLAIN;
		else if (length == FINISHED + MORE)
			records->phase = HANDSHAKE_OVER;
		else if (length == FINISHED + 2 * MORE)
			records->phase = HANDSHAKE_OVER_PADDED;
		else if (records->phase == HANDSHAKE_VERIFIED)
			return true;
		else if (length > ALERT)
			records->phase++;
		return false;
	case HANDSHAKE_OLD:
		return true;
	}
	return is_data_of_13(records);
}

/* Takes bytes of the current segment. */
static __always_inline void pass(struct records_walk *walk, __u64 bytes)
{
	walk->base += bytes;
	walk->left -= bytes;
	walk->remain -= bytes;
}

/* One step: to the next segment, over what a record carries, or a byte of its header and the first behind it. */
static long step(__u32 i, struct records_walk *walk)
{
	struct client_records *records = &walk->records;
	__u8 byte;

	if (!walk->remain)
		return 1;
	if (!walk->left)
		return next_segment(&walk->vector, &walk->vectors, &walk->base, &walk->left) ? 0 : 1;
	if (!records->at && records->left) {
		__u64 carried = min(records->left, min(walk->left, walk->remain));

		records->left -= carried;
		pass(walk, carried);
		return 0;
	}
	if (bpf_probe_read_user(&byte, sizeof(byte), (void *)walk->base))
		return 1;
	pass(walk, 1);
	switch (records->at++) {
	case 0:
		records->type = byte;
		break;
	case 1:
		if (byte == 3 && records->type >= CHANGE_CIPHER_SPEC && records->type <= HEARTBEAT)
			break;
		records->phase = HANDSHAKE_UNKNOWN;
		walk->over = 1;
		return 1;
	case 3:
		records->left = byte << 8;
		break;
	case 4:
		records->left |= byte;
		if (!records->left)
			records->at = 0;
		break;
	case 5:
		walk->data |= is_data(records, byte, walk->answered);
		records->left--;
		records->at = 0;
		return walk->data && !walk->through;
	}
	return 0;
}

/* Whether TLS began behind something else that was said on its socket, which may go on as that. */
static __always_inline bool may_end(struct socket_state *state)
{
	return state->begun || state->wrapped;
}

/* Whether a call begins to send data. */
static __always_inline bool data_begins(struct emission *e, struct socket_state *state)
{
	struct records_walk walk = {
		.base = e->base, .left = e->left, .vector = e->vector, .vectors = e->vectors, .remain = e->remain,
		.records = state->records, .answered = !!state->answered, .through = may_end(state),
	};

	if (walk.records.phase == HANDSHAKE_UNKNOWN)
		return false;
	bpf_loop(STEPS, step, &walk, 0);
	if (walk.remain)
		walk.records.phase = HANDSHAKE_UNKNOWN;
	if (walk.records.phase >= HANDSHAKE_OVER && state->records.phase < HANDSHAKE_OVER)
		state->answered = (__u32)(e->position + e->remain) ?: 1;
	state->records = walk.records;
	return walk.data;
}

/*
 * Whether a client that has sent data over TLS goes on without, as in SQL Server's protocol, where no more than its login may be encrypted.
 * Where its records begin is known from the first call on that begins with one, since a handshake may be wrapped in packets.
 */
__noinline int tls_is_over(struct emission *e, struct socket_state *state)
{
	struct records_walk walk;

	if (!e || !state || e->direction != DIRECTION_SENT || !may_end(state) || state->records.phase == HANDSHAKE_UNKNOWN)
		return false;
	walk = (struct records_walk){
		.base = e->base, .left = e->left, .vector = e->vector, .vectors = e->vectors, .remain = e->remain,
		.records = state->records, .answered = true, .through = true,
	};
	bpf_loop(STEPS, step, &walk, 0);
	if (walk.remain)
		walk.records.phase = HANDSHAKE_UNKNOWN;
	state->records = walk.records;
	return walk.over;
}

/* Whether it is known since a call of a TLS client that it has sent data: by its records, or by how much it was. */
__noinline int data_was_sent(struct emission *e, struct socket_state *state)
{
	__u32 sent;

	if (!e || !state)
		return false;
	if (e->direction == DIRECTION_RECEIVED) {
		if (state->records.phase == HANDSHAKE_VERIFIED)
			return true; /* nobody reads before it has sent Finished: that was in the first of the two */
		if (state->records.phase == HANDSHAKE_CERTIFICATE)
			state->records.phase = HANDSHAKE_OVER;
		else if (state->answered)
			return false;
		state->answered = (__u32)state->position[DIRECTION_SENT] ?: 1;
		return false;
	}
	if (state->wrapped && (beginning(e) & 0xffff) == (0x0300 | CONTENT))
		state->records = (struct client_records){.phase = HANDSHAKE_OLD};
	if (data_begins(e, state))
		return true;
	sent = e->position + e->remain;
	if (!state->answered)
		return (__s32)(sent - state->begun) > GREETING;
	return (__s32)(sent - state->answered) >
	       (state->records.phase == HANDSHAKE_UNKNOWN || state->records.phase >= HANDSHAKE_OVER ? HANDSHAKE : CERTIFICATES);
}
