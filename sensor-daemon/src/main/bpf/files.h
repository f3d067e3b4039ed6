/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* What is open in which descriptor, where it is really, and how much went through it. */
#pragma once

static __always_inline struct file *file_of(__u32 fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **array, *file = NULL;

	if (fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	array = BPF_CORE_READ(table, fd);
	bpf_probe_read_kernel(&file, sizeof(file), array + fd);
	return file;
}

struct walk {
	struct dentry *dentry;
	struct vfsmount *mount;
	struct dentry *root_dentry;
	struct vfsmount *root_mount;
	__u8 *buffer;
	__u32 offset;
	__u32 complete;
	__u32 detached;
};

static long next_component(__u32 i, struct walk *w)
{
	struct vfsmount *here = w->mount;
	struct dentry *dentry = w->dentry, *top = BPF_CORE_READ(here, mnt_root), *parent = BPF_CORE_READ(dentry, d_parent);
	const unsigned char *name;
	__u32 length, offset;

	if (dentry == w->root_dentry && here == w->root_mount) {
		w->complete = 1;
		return 1;
	}
	if (w->detached && dentry == parent) {
		w->complete = 1;
		return 1;
	}
	if (!w->detached && (dentry == top || dentry == parent)) {
		struct mount *mount = (void *)here - bpf_core_field_offset(struct mount, mnt);
		struct mount *below = BPF_CORE_READ(mount, mnt_parent);

		if (below == mount && dentry == top && dentry != parent && w->offset == PATH_SIZE) {
			w->detached = 1; /* a file that is mounted nowhere (open_tree): named as in its file system */
			return 0;
		}
		if (dentry != top || below == mount) { /* out of the tree, or outside the process's root */
			w->complete = dentry == top;
			return 1;
		}
		w->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		w->mount = (void *)below + bpf_core_field_offset(struct mount, mnt);
		return 0;
	}
	length = BPF_CORE_READ(dentry, d_name.len) & 0xff;
	name = BPF_CORE_READ(dentry, d_name.name);
	offset = w->offset;
	if (length + 1 > offset || offset > PATH_SIZE)
		return 1;
	offset -= length;
	if (offset >= PATH_SIZE)
		return 1;
	bpf_probe_read_kernel(w->buffer + offset, length, name);
	offset -= 1;
	if (offset >= PATH_SIZE)
		return 1;
	w->buffer[offset] = '/';
	w->offset = offset;
	w->dentry = parent;
	return 0;
}

/*
 * The path of an open file in scratch[offset, PATH_SIZE): what it is really, with symbolic links followed and mounts crossed (mnt_parent, as
 * d_path does it). From the root of its mount namespace, since a process chooses its own (chroot); or from that, for who looks below it.
 */
static __always_inline void resolve(struct file *file, struct walk *w, bool from_own_root)
{
	struct task_struct *task = bpf_get_current_task_btf();

	w->dentry = BPF_CORE_READ(file, f_path.dentry);
	w->mount = BPF_CORE_READ(file, f_path.mnt);
	w->root_dentry = from_own_root ? BPF_CORE_READ(task, fs, root.dentry) : NULL;
	w->root_mount = from_own_root ? BPF_CORE_READ(task, fs, root.mnt) : NULL;
	w->offset = PATH_SIZE;
	w->complete = 0;
	w->detached = 0;
	bpf_loop(2 * COMPONENTS, next_component, w, 0);
}

#define EMIT_PATH(CLASS)                                                                                                 \
	static __noinline int emit_path_##CLASS(struct path_record *what, const __u8 *path, __u32 length)                \
	{                                                                                                                \
		struct path_record *record;                                                                              \
                                                                                                                         \
		if (!what || length > CLASS)                                                                             \
			return 1;                                                                                        \
		record = what->held ? reserve_kept(sizeof(*record) + CLASS)                                              \
				    : reserve(what->header.cgroup_id, sizeof(*record) + CLASS);                          \
		if (!record) {                                                                                           \
			lose(0);                                                                                         \
			return 1;                                                                                        \
		}                                                                                                        \
		fill(&record->header, what->header.kind, what->header.cgroup_id);                                        \
		record->id = what->id;                                                                                   \
		record->inode = what->inode;                                                                             \
		record->device = what->device;                                                                           \
		record->fd = what->fd;                                                                                   \
		record->flags = what->flags;                                                                             \
		record->absolute = what->absolute;                                                                       \
		record->held = what->held;                                                                               \
		record->reserved = 0;                                                                                    \
		record->length = length;                                                                                 \
		bpf_probe_read_kernel(record->path, length, path);                                                       \
		bpf_ringbuf_submit(record, wakeup(what->held || what->header.kind != KIND_OPENED));                      \
		return 0;                                                                                                \
	}

EMIT_PATH(256)
EMIT_PATH(4096)

/* 0 if it is in the ring. */
static __always_inline int emit_path(struct path_record *what, const __u8 *path, __u32 length)
{
	return length <= 256 ? emit_path_256(what, path, length) : emit_path_4096(what, path, length);
}

/* Whether a process that opens this waits until it is judged. */
static __always_inline bool is_held(const __u8 *path, __u32 length)
{
	__u32 zero = 0;
	struct held_path *key = bpf_map_lookup_elem(&held_key, &zero);

	if (!key)
		return false;
	if (length > HELD_PATH)
		length = HELD_PATH;
	if (bpf_probe_read_kernel(key->path, length, path))
		return false;
	key->bits = length * 8;
	return bpf_map_lookup_elem(&held, key);
}

/* KIND_OPENED or KIND_MAPPED of an open file. */
static __always_inline void emit_file(__u32 kind, __u64 cgroup_id, struct file *file, __u64 id, __s32 fd)
{
	struct path_record what = {};
	struct walk w = {};
	__u32 zero = 0;

	w.buffer = bpf_map_lookup_elem(&scratch, &zero);
	if (!w.buffer)
		return;
	resolve(file, &w, kind == KIND_MAPPED);
	if (w.offset > PATH_SIZE)
		return;
	what.header.kind = kind;
	what.header.cgroup_id = cgroup_id;
	what.id = id;
	what.inode = BPF_CORE_READ(file, f_inode, i_ino);
	what.device = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	what.fd = fd;
	what.flags = BPF_CORE_READ(file, f_flags);
	what.absolute = w.complete;
	what.held = kind == KIND_OPENED && is_held(w.buffer + w.offset, PATH_SIZE - w.offset);
	/* The signal first: whoever reads the record takes it back. It stops the thread when the system call returns. */
	if (what.held)
		bpf_send_signal_thread(SIGSTOP);
	if (emit_path(&what, w.buffer + w.offset, PATH_SIZE - w.offset) && what.held)
		bpf_send_signal(SIGCONT);
}

static __always_inline void emit_closed(__u64 cgroup_id, __u32 fd, struct opening *opening)
{
	struct closed_record *record = reserve(cgroup_id, sizeof(*record));

	if (!record) {
		lose(0);
		return;
	}
	fill(&record->header, KIND_CLOSED, cgroup_id);
	record->id = opening->id;
	record->bytes_read = opening->bytes_read;
	record->bytes_written = opening->bytes_written;
	record->bytes_mapped = opening->bytes_mapped;
	record->fd = fd;
	record->reserved = 0;
	bpf_ringbuf_submit(record, wakeup(false));
}

static __always_inline void key_of(struct descriptor_key *key, __u32 fd)
{
	key->start_ns = start_ns();
	key->tgid = bpf_get_current_pid_tgid() >> 32;
	key->fd = fd;
}

static __always_inline void opening_key_of(struct opening_key *key, const struct descriptor_key *descriptor, __u64 file)
{
	key->start_ns = descriptor->start_ns;
	key->tgid = descriptor->tgid;
	key->file = file;
}

/* A descriptor is closed; what went through the file is told when it was the last one that leads to it. */
static __noinline int close_file(__u64 cgroup_id, struct descriptor_key *key)
{
	struct opening_key opening_key;
	struct opening *opening;
	__u64 *file;

	if (!key)
		return 0;
	file = bpf_map_lookup_elem(&descriptors, key);
	if (!file)
		return 0;
	opening_key_of(&opening_key, key, *file);
	if (bpf_map_delete_elem(&descriptors, key)) /* one of the threads that close it counts */
		return 0;
	opening = bpf_map_lookup_elem(&openings, &opening_key);
	if (!opening || __sync_fetch_and_sub(&opening->descriptors, 1) != 1)
		return 0;
	emit_closed(cgroup_id, key->fd, opening);
	bpf_map_delete_elem(&openings, &opening_key);
	return 0;
}

/* What goes through the regular file that a descriptor leads to, if the file is known. */
static __always_inline struct opening *known_opening(struct descriptor_key *key, struct file *file)
{
	struct opening_key opening_key;
	struct opening *opening;
	__u64 value = (__u64)file;

	opening_key_of(&opening_key, key, value);
	opening = bpf_map_lookup_elem(&openings, &opening_key);
	if (!opening)
		return NULL;
	if (bpf_map_update_elem(&descriptors, key, &value, BPF_ANY)) {
		lose(0);
		return opening;
	}
	__sync_fetch_and_add(&opening->descriptors, 1);
	return opening;
}

/*
 * The same, of any file. One that is not known yet was opened before the capture began, inherited, or passed on: it is reported
 * as opened when it is first used.
 */
static __always_inline struct opening *opening_of(__u64 cgroup_id, __u32 fd, struct file *file)
{
	struct opening *opening, fresh = {};
	struct opening_key opening_key;
	struct descriptor_key key = {};
	__u64 *known, value = (__u64)file;
	struct dentry *dentry;

	key_of(&key, fd);
	opening_key_of(&opening_key, &key, value);
	known = bpf_map_lookup_elem(&descriptors, &key);
	if (known && *known == value)
		return bpf_map_lookup_elem(&openings, &opening_key);
	if (known)
		close_file(cgroup_id, &key);
	opening = known_opening(&key, file);
	if (opening)
		return opening;
	if (BPF_CORE_READ(file, f_flags) & O_PATH)
		return NULL;
	dentry = BPF_CORE_READ(file, f_path.dentry);
	if (dentry == BPF_CORE_READ(dentry, d_parent)) /* in no folder: memory (memfd_create), no resource */
		return NULL;
	fresh.id = __sync_fetch_and_add(&shared.sequence, 1) + 1;
	fresh.descriptors = 1;
	if (bpf_map_update_elem(&openings, &opening_key, &fresh, BPF_ANY) ||
	    bpf_map_update_elem(&descriptors, &key, &value, BPF_ANY)) {
		lose(0);
		return NULL;
	}
	emit_file(KIND_OPENED, cgroup_id, file, fresh.id, fd);
	return bpf_map_lookup_elem(&openings, &opening_key);
}

/* A second descriptor leads to an open file. */
__noinline int on_duplicate(__u64 cgroup_id, __u32 of, __u32 fd)
{
	struct descriptor_key key = {};
	struct file *file = file_of(fd);
	__u64 *known;

	if (of == fd)
		return 0;
	key_of(&key, fd);
	close_file(cgroup_id, &key); /* dup2 closes what was there */
	key.fd = of;
	known = bpf_map_lookup_elem(&descriptors, &key);
	if (known && *known == (__u64)file) {
		key.fd = fd;
		known_opening(&key, file);
	}
	return 0;
}

struct sweep {
	__u64 cgroup_id;
	__u32 first;
	__u32 only_others;	/* leave those that the descriptor still leads to */
};

static long sweep_next(__u32 i, struct sweep *sweep)
{
	struct descriptor_key key = {};

	key_of(&key, sweep->first + i);
	if (sweep->only_others) {
		__u64 *file = bpf_map_lookup_elem(&descriptors, &key);

		if (!file || *file == (__u64)file_of(key.fd))
			return 0;
	}
	close_file(sweep->cgroup_id, &key);
	return 0;
}

static __always_inline void sweep_files(__u64 cgroup_id, __u32 first, __u32 last, bool only_others)
{
	struct sweep sweep = {.cgroup_id = cgroup_id, .first = first, .only_others = only_others};
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 end = BPF_CORE_READ(task, files, fdt, max_fds);

	if (end > DESCRIPTORS)
		end = DESCRIPTORS;
	if (last < end)
		end = last + 1;
	if (first < end)
		bpf_loop(end - first, sweep_next, &sweep, 0);
}
