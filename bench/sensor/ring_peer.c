/*
 * Drains the ring buffer of a running sensor with libbpf, as a consumer in C does, and with the same work for each record as
 * io.fourthlog.bench.sensor.RingDrain: the header's fields and a copy of the data.
 *
 *   ring_peer PID     for each line on standard input, empties the ring and prints how many records and ns of CPU that were
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct data_record { /* sensor-daemon/src/main/bpf/records.h */
	__u32 kind, tgid, tid, ppid;
	__u64 start_ns, cgroup_id, ktime_ns;
	__u64 channel, end, position;
	__u32 call_length, length, direction, reserved;
	__u8 data[];
};

static __u64 records, sum;
static __u8 copy[16 << 10];

static int record(void *context, void *data, size_t size)
{
	struct data_record *r = data;

	(void)context;
	if (size < sizeof(*r))
		return 0;
	sum += r->kind + r->tgid + r->tid + r->ppid + r->start_ns + r->cgroup_id + r->ktime_ns + r->channel + r->end + r->position + r->length;
	memcpy(copy, r->data, r->length);
	sum += copy[0];
	records++;
	return 0;
}

/* The ring buffer among the maps that a process has open. */
static int ring_of(const char *pid)
{
	char folder[64], path[400], line[200];
	struct dirent *entry;
	int type = 0, id = 0;
	DIR *infos;

	snprintf(folder, sizeof(folder), "/proc/%s/fdinfo", pid);
	infos = opendir(folder);
	while (infos && (entry = readdir(infos))) {
		FILE *info;

		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		info = fopen(path, "r");
		type = id = 0;
		while (info && fgets(line, sizeof(line), info)) {
			sscanf(line, "map_type: %d", &type);
			sscanf(line, "map_id: %d", &id);
		}
		if (info)
			fclose(info);
		if (type == BPF_MAP_TYPE_RINGBUF)
			return bpf_map_get_fd_by_id(id);
	}
	return -1;
}

static __u64 cpu(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

int main(int argc, char **argv)
{
	struct ring_buffer *ring;
	char line[16];
	int fd = argc == 2 ? ring_of(argv[1]) : -1;

	if (fd < 0 || !(ring = ring_buffer__new(fd, record, NULL, NULL))) {
		fprintf(stderr, "usage: ring_peer PID (of a running sensor)\n");
		return 2;
	}
	while (fgets(line, sizeof(line), stdin)) {
		__u64 before = cpu(), records_before = records;

		ring_buffer__consume(ring);
		printf("%llu %llu\n", records - records_before, cpu() - before);
		fflush(stdout);
	}
	return sum == 1; /* so that nothing of it is left out */
}
