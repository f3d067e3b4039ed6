/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Which pseudo-terminal a file is an end of: of its pair, which nothing but the addresses tells from other ones. */
#pragma once

struct terminal {
	__u64 end;	/* struct tty_struct * */
	__u64 other;
	bool master;
};

static __always_inline bool terminal_of(struct file *file, struct terminal *terminal)
{
	__u32 device = BPF_CORE_READ(file, f_inode, i_rdev);
	struct tty_file_private *private;
	struct tty_struct *tty;

	if (device != DEV_TTY && device != DEV_PTMX && (device >> 20) - PTS_MAJOR > 7)
		return false;
	private = BPF_CORE_READ(file, private_data);
	tty = BPF_CORE_READ(private, tty);
	terminal->end = (__u64)tty;
	terminal->other = (__u64)BPF_CORE_READ(tty, link);
	terminal->master = device == DEV_PTMX;
	return terminal->other;
}

/* A pair that was just made can have the addresses of one that is gone. */
static __always_inline void terminal_opened(struct file *file)
{
	struct terminal terminal;

	if (BPF_CORE_READ(file, f_inode, i_rdev) != DEV_PTMX || !terminal_of(file, &terminal))
		return;
	bpf_map_update_elem(&channels, &terminal.end, &fresh_channel, BPF_ANY);
	bpf_map_delete_elem(&channels, &terminal.other);
}
