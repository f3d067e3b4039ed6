/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Records into the ring: the header, wake-ups, losses. Whose actions are followed is decided here. */
#pragma once

static __always_inline void *ring(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&rings, &zero);
}

/*
 * Whether the ring is kept for others than who writes a record. The last of it is for what a process waits for, so that nobody opens a
 * file unjudged by filling the ring. Before that, what is left when three quarters are full is shared: a pod may take a quarter of it while
 * as much is read as the ring has, so that there is always some for one that takes little, however many take much.
 */
__noinline int kept_for_others(__u64 cgroup_id, __u64 size)
{
	static const struct taken fresh;
	struct taken *taken;
	__u64 all, used, lap, *pod;
	void *of = ring();

	if (!of)
		return 0;
	all = bpf_ringbuf_query(of, 1 /* BPF_RB_RING_SIZE */);
	used = bpf_ringbuf_query(of, 0 /* BPF_RB_AVAIL_DATA */);
	if (used + size > all - all / KEPT)
		return 1;
	if (used < all / 4 * 3 || !*(volatile __u64 *)&shared.several)
		return 0;
	lap = bpf_ringbuf_query(of, 2 /* BPF_RB_CONS_POS */) / all;
	pod = bpf_map_lookup_elem(&tracked, &cgroup_id);
	if (pod)
		cgroup_id = *pod;
	taken = bpf_map_lookup_elem(&shares, &cgroup_id);
	if (!taken) {
		bpf_map_update_elem(&shares, &cgroup_id, &fresh, BPF_NOEXIST);
		taken = bpf_map_lookup_elem(&shares, &cgroup_id);
		if (!taken)
			return 0;
	}
	if (taken->lap != lap) {
		taken->lap = lap;
		taken->bytes = 0;
	}
	if (taken->bytes + size > (all - used) / 4)
		return 1;
	__sync_fetch_and_add(&taken->bytes, size);
	return 0;
}

/* Room for a record, also where it is kept. A ring that was looked up is written at once, since it may just be replaced. */
static __always_inline void *reserve_kept(__u64 size)
{
	void *to = ring();

	return to ? bpf_ringbuf_reserve(to, size, 0) : NULL;
}

/* Room for a record of a cgroup. */
static __always_inline void *reserve(__u64 cgroup_id, __u64 size)
{
	return kept_for_others(cgroup_id, size) ? NULL : reserve_kept(size);
}

/* Urgent is what its process waits for, and what may need probes before it goes on; the rest can be read together. */
static __always_inline __u64 wakeup(bool urgent)
{
	__u64 reader = *(volatile __u64 *)&shared.waiting;

	if (reader == 0)
		return BPF_RB_NO_WAKEUP;
	if (reader == 2 && !urgent) {
		void *of = ring();

		if (of && bpf_ringbuf_query(of, 0 /* BPF_RB_AVAIL_DATA */) < PENDING)
			return BPF_RB_NO_WAKEUP;
	}
	*(volatile __u64 *)&shared.waiting = 0;
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline __u64 min(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

static __always_inline void lose(__u64 bytes)
{
	__sync_fetch_and_add(&shared.lost_records, 1);
	__sync_fetch_and_add(&shared.lost_bytes, bytes);
}

/*
 * Parent and leader are read by helpers, not by loads: since Linux 6.3 the verifier asks of each pointer that is loaded of a trusted task
 * whether its target can be trusted, and looks through all names of the kernel's BTF for the answer (btf_nested_type_is_trusted). This is
 * inlined where programs have many states, and took over a second of each start.
 */
static __always_inline void fill(struct header *header, __u32 kind, __u64 cgroup_id)
{
	struct task_struct *task = bpf_get_current_task_btf();

	header->kind = kind;
	header->tgid = task->tgid;
	header->tid = task->pid;
	header->ppid = BPF_CORE_READ(task, real_parent, tgid);
	header->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	header->cgroup_id = cgroup_id;
	header->ktime_ns = bpf_ktime_get_ns();
}

static __always_inline __u64 start_ns(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return BPF_CORE_READ(task, group_leader, start_boottime);
}

/* What follows the current process wherever it is, else 0. */
static __always_inline __u64 current_followed(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u64 *id = bpf_map_lookup_elem(&followed, &tgid);

	return id ? *id : 0;
}

/*
 * Whether the current process, of a tracked cgroup, only prepares it. It came into the cgroup from outside and has not executed a
 * program there yet (one that was forked inside, and whose parent has ended, did not); or it has executed one in the mount namespace of its parent outside, as a container runtime does with a copy of
 * itself before it sees the container's files. Who enters that namespace from inside could as well leave the cgroup.
 */
static __always_inline bool prepares(struct task_struct *task)
{
	bool forked = task->group_leader->flags & PF_FORKNOEXEC; /* which every other thread has anyway */
	__u32 tgid = task->tgid;
	__u64 id;

	if (!forked && (!*(volatile __u64 *)&shared.containers || task->nsproxy->mnt_ns != task->real_parent->nsproxy->mnt_ns))
		return false;
	id = BPF_CORE_READ(task, real_parent, cgroups, dfl_cgrp, kn, id);
	return !bpf_map_lookup_elem(&tracked, &id) && !(forked && bpf_map_lookup_elem(&born, &tgid));
}

/* The current cgroup if it is tracked, or what follows the process; 0 if its actions are not followed. */
static __always_inline __u64 current_tracked(void)
{
	__u64 id = bpf_get_current_cgroup_id();

	if (!bpf_map_lookup_elem(&tracked, &id))
		return *(volatile __u64 *)&shared.commands ? current_followed() : 0;
	return prepares(bpf_get_current_task_btf()) ? 0 : id;
}

static __always_inline void emit_plain(__u32 kind, __u64 cgroup_id, __u64 code)
{
	struct plain_record *record = reserve(cgroup_id, sizeof(*record));

	if (!record) {
		lose(0);
		return;
	}
	fill(&record->header, kind, cgroup_id);
	record->code = code;
	bpf_ringbuf_submit(record, wakeup(false));
}

/* Says once of a process that something of it is not seen. */
static __always_inline void report_blind(__u64 cgroup_id, __u64 code)
{
	__u64 start = start_ns(), *known = bpf_map_lookup_elem(&blind, &start), both = code;

	if (known) {
		if (*known & code)
			return;
		both |= *known;
	}
	bpf_map_update_elem(&blind, &start, &both, BPF_ANY);
	emit_plain(KIND_BLIND, cgroup_id, code);
}
