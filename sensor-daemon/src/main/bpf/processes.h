/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Programs that begin and end, cgroups that come and go. */
#pragma once

/*
 * The words of a program that was just executed. They are told from here, where they are as they were given: who reads them later waits
 * for as long as the process has its memory locked, which can be for ever.
 */
static __always_inline void emit_arguments(struct task_struct *task)
{
	struct emission e = {.kind = KIND_ARGUMENTS};
	__u64 left;

	e.base = BPF_CORE_READ(task, mm, arg_start);
	left = BPF_CORE_READ(task, mm, arg_end) - e.base;
	for (int i = 0; i < ARGUMENT_PIECES && left; i++) {
		__u64 length = min(left, PIECE);

		if (emit_piece(&e, length))
			return;
		e.base += length;
		e.position += length;
		left -= length;
	}
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct path_record what = {};
	__u32 zero = 0, tgid = task->tgid;
	__u64 cgroup_id;
	__u8 *buffer;
	long length;

	bpf_map_delete_elem(&born, &tgid);
	cgroup_id = current_tracked();
	if (!cgroup_id && !*(volatile __u64 *)&shared.commands)
		return 0;
	if (cgroup_id)
		sweep_files(cgroup_id, 0, DESCRIPTORS, true); /* those that close on exec */
	buffer = bpf_map_lookup_elem(&scratch, &zero);
	if (!buffer)
		return 0;
	length = bpf_probe_read_kernel_str(buffer, PATH_SIZE, BPF_CORE_READ(bprm, filename));
	if (length < 1)
		length = 1;
	if (!cgroup_id)
		emit_arguments(task);
	what.header.kind = cgroup_id ? KIND_EXEC : KIND_CANDIDATE;
	what.header.cgroup_id = cgroup_id;
	what.absolute = 1;
	emit_path(&what, buffer, length - 1);
	return 0;
}

/* What a process starts is its own, also by way of one that only forks, as shells do, and is gone when that acts. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	__u64 id, cgroup_id = current_tracked();
	struct plain_record *record;
	__u32 tgid = child->tgid;
	__u8 one = 1;

	if (!cgroup_id || child->pid != child->tgid)
		return 0;
	if (bpf_map_update_elem(&born, &tgid, &one, BPF_ANY))
		lose(0);
	id = *(volatile __u64 *)&shared.commands ? current_followed() : 0;
	if (id && bpf_map_update_elem(&followed, &tgid, &id, BPF_ANY))
		lose(0);
	record = reserve(cgroup_id, sizeof(*record));
	if (!record) {
		lose(0);
		return 0;
	}
	fill(&record->header, KIND_FORKED, cgroup_id);
	record->header.tgid = tgid;
	record->header.tid = tgid;
	record->header.ppid = child->real_parent->tgid;
	record->header.start_ns = child->start_boottime;
	record->code = 0;
	bpf_ringbuf_submit(record, wakeup(false));
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	__u64 cgroup_id = current_tracked();
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	if (!cgroup_id || BPF_CORE_READ(task, signal, live.counter) != 0)
		return 0;
	sweep_files(cgroup_id, 0, DESCRIPTORS, false);
	emit_plain(KIND_EXIT, cgroup_id, 0);
	bpf_map_delete_elem(&followed, &tgid);
	bpf_map_delete_elem(&born, &tgid);
	return 0;
}

/* Whether a cgroup is of the hierarchy (v2) that ids are unique in. */
static __always_inline bool unified(struct cgroup *cgroup)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return BPF_CORE_READ(task, cgroups, dfl_cgrp, root) == BPF_CORE_READ(cgroup, root);
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_made, struct cgroup *cgroup, const char *path)
{
	__u64 id, parent, *pod;
	struct path_record what = {};
	__u32 zero = 0;
	__u8 *buffer;
	long length;

	if (!unified(cgroup))
		return 0;
	parent = BPF_CORE_READ(cgroup, self.parent, cgroup, kn, id);
	pod = bpf_map_lookup_elem(&tracked, &parent);
	if (!pod)
		return 0;
	id = BPF_CORE_READ(cgroup, kn, id);
	buffer = bpf_map_lookup_elem(&scratch, &zero);
	if (bpf_map_update_elem(&tracked, &id, pod, BPF_ANY) || !buffer) {
		lose(0);
		return 0;
	}
	length = bpf_probe_read_kernel_str(buffer, PATH_SIZE, path);
	if (length < 1)
		length = 1;
	what.header.kind = KIND_CGROUP_MADE;
	what.header.cgroup_id = id;
	what.id = id;
	what.inode = parent;
	what.absolute = 1;
	emit_path(&what, buffer, length - 1);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_gone, struct cgroup *cgroup)
{
	__u64 id = BPF_CORE_READ(cgroup, kn, id);

	if (unified(cgroup))
		bpf_map_delete_elem(&tracked, &id);
	return 0;
}
