/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Plaintext of Java's own TLS, JSSE, which has no functions to probe: an agent in the JVM (src/main/jsse) writes it to /dev/null, from
 * where nobody reads it, and it is taken from the arguments of the call. Only what is in `jvms` is believed.
 *
 * 0        8            16     20       24
 * ┌────────┬────────────┬──────┬────────┬──────
 * │ mark   │ connection │ kind │ length │ bytes
 * └────────┴────────────┴──────┴────────┴──────
 */
#pragma once

#define TICK_NS 10000000ULL /* of a hundred a second, in which /proc tells when a process started */
#define JAVA_MARK 0x4553534a6c687434ULL /* "4thlJSSE" */
#define JAVA_MISSING 2		/* kinds: a direction; with this, length says how many bytes could not be handed over */
#define JAVA_CLOSED 4
#define JAVA_INCOMPLETE 8	/* JSSE is not as the agent expects it */

struct handed_over {
	__u64 mark;
	__u64 connection;
	__u32 kind;
	__u32 length;
};

__noinline int handed_over(__u64 cgroup_id, struct emission *e)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u64 *ticks = bpf_map_lookup_elem(&jvms, &tgid);
	struct connection_state *connection;
	struct thread_state *thread;
	struct handed_over head;
	__u64 position;

	if (!e || !ticks || *ticks != start_ns() / TICK_NS || e->left < sizeof(head))
		return 0;
	if (bpf_probe_read_user(&head, sizeof(head), (void *)e->base) || head.mark != JAVA_MARK)
		return 0;
	if (head.kind == JAVA_INCOMPLETE) {
		report_blind(cgroup_id, BLIND_JAVA);
		return 0;
	}
	if (head.kind == JAVA_CLOSED)
		return tls_ended(head.connection);
	if (head.kind > (JAVA_MISSING | DIRECTION_RECEIVED) || !head.length || head.length > 0x7fffffff)
		return 0;
	connection = connection_state(head.connection);
	if (!connection) {
		lose(head.length);
		return 0;
	}
	position = __sync_fetch_and_add(&connection->position[head.kind & 1], head.length);
	if (head.kind & JAVA_MISSING) { /* the next position tells how many */
		report_blind(cgroup_id, BLIND_JAVA);
		return 0;
	}
	if (head.kind == DIRECTION_SENT && end_condemned())
		return 0;
	if (head.length > PIECE || head.length > e->left - sizeof(head)) {
		lose(head.length);
		return 0;
	}
	of_tls(e, cgroup_id, KIND_TLS, head.connection, head.kind, e->base + sizeof(head), head.length, position, connection->served);
	emit(e, false);
	thread = head.kind == DIRECTION_SENT && !connection->sure ? thread_state() : NULL;
	if (thread)
		say(&thread->said, head.connection, head.length);
	return 0;
}
