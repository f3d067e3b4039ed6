/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Destinations that are refused, by programs on a pod's cgroup. */
#pragma once

static __always_inline bool refused(struct destination *to)
{
	__u64 *count = bpf_map_lookup_elem(&blocked, to);

	if (!count)
		return false;
	__sync_fetch_and_add(count, 1);
	return true;
}

/* 1 lets it pass; 0 makes it EPERM. */
static __always_inline int judge(struct destination *to, __u16 port)
{
	__u64 id = bpf_get_current_cgroup_id(), *pod = bpf_map_lookup_elem(&tracked, &id);

	if (!pod)
		return 1;
	to->pod = *pod;
	to->port = port;
	if (refused(to))
		return 0;
	to->port = 0;
	return !refused(to);
}

static __always_inline int judge4(struct bpf_sock_addr *ctx)
{
	struct destination to = {};
	__u32 ip = ctx->user_ip4;

	to.address[10] = 0xff;
	to.address[11] = 0xff;
	__builtin_memcpy(to.address + 12, &ip, 4);
	return judge(&to, ctx->user_port);
}

static __always_inline int judge6(struct bpf_sock_addr *ctx)
{
	struct destination to = {};
	__u32 ip[4] = {ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3]};

	__builtin_memcpy(to.address, ip, 16);
	return judge(&to, ctx->user_port);
}

SEC("cgroup/connect4")
int block_connect4(struct bpf_sock_addr *ctx)
{
	return judge4(ctx);
}

SEC("cgroup/connect6")
int block_connect6(struct bpf_sock_addr *ctx)
{
	return judge6(ctx);
}

SEC("cgroup/sendmsg4")
int block_sendmsg4(struct bpf_sock_addr *ctx)
{
	return judge4(ctx);
}

SEC("cgroup/sendmsg6")
int block_sendmsg6(struct bpf_sock_addr *ctx)
{
	return judge6(ctx);
}
