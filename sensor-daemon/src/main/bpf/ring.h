/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Records into the ring: the header, wake-ups, losses. Whose actions are followed is decided here. */
#pragma once

static __always_inline __u64 wakeup(bool urgent)
{
	__u64 reader = *(volatile __u64 *)&shared.waiting;

	if (reader == 0)
		return BPF_RB_NO_WAKEUP;
	if (reader == 2 && !urgent && bpf_ringbuf_query(&ring, 0 /* BPF_RB_AVAIL_DATA */) < PENDING)
		return BPF_RB_NO_WAKEUP;
	*(volatile __u64 *)&shared.waiting = 0;
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline void lose(__u64 bytes)
{
	__sync_fetch_and_add(&shared.lost_records, 1);
	__sync_fetch_and_add(&shared.lost_bytes, bytes);
}

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

/*
 * The current cgroup if it is tracked, else 0. A process that came into the cgroup from outside and has not executed a program
 * there yet is the container runtime's, which prepares the container: what it does is not the agent's.
 */
static __always_inline __u64 current_tracked(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 id = bpf_get_current_cgroup_id(), parent;

	if (!bpf_map_lookup_elem(&tracked, &id))
		return 0;
	if (BPF_CORE_READ(task, group_leader, flags) & PF_FORKNOEXEC) { /* which every other thread has anyway */
		parent = BPF_CORE_READ(task, real_parent, cgroups, dfl_cgrp, kn, id);
		if (!bpf_map_lookup_elem(&tracked, &parent))
			return 0;
	}
	return id;
}

static __always_inline void emit_plain(__u32 kind, __u64 cgroup_id, __u64 code)
{
	struct plain_record *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

	if (!record) {
		lose(0);
		return;
	}
	fill(&record->header, kind, cgroup_id);
	record->code = code;
	bpf_ringbuf_submit(record, wakeup(true));
}
