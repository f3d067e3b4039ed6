/*
 * A file system of one file, through FUSE, that answers to everything but reading: silent MOUNT serves it for a minute; silent MOUNT
 * map maps code of the file until its input ends; silent MOUNT root takes the file
 * system as its root when it is told to, until its input ends, and nobody is told of that root from then on.
 */
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#define ROOT 1
#define FILE_ID 2
#define SIZE (1 << 20)
#define SILENCE "/silence" /* who looks for it has the server say nothing of the root any more */

static struct {
	struct fuse_in_header header;
	char body[SIZE];
} request;

static struct {
	struct fuse_out_header header;
	union {
		struct fuse_init_out init;
		struct fuse_entry_out entry;
		struct fuse_attr_out attributes;
		struct fuse_open_out open;
	};
} answer;

static const struct fuse_attr FOLDER = {.ino = ROOT, .mode = 040755, .nlink = 2};
static const struct fuse_attr FILE_OF_IT = {.ino = FILE_ID, .size = SIZE, .mode = 0100755, .nlink = 1, .blksize = 4096};

static int map(const char *mount)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/libssl.so", mount);
	fd = open(path, O_RDONLY);
	if (fd < 0 || mmap(NULL, SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED) {
		perror(path);
		return 1;
	}
	return getchar() == EOF ? 0 : 1;
}

static int live_in(const char *mount)
{
	if (getchar() == EOF || chroot(mount) || chdir(SILENCE) != -1) {
		perror(mount);
		return 1;
	}
	puts("there");
	fflush(stdout);
	return getchar() == EOF ? 0 : 1;
}

static int mount_fuse(const char *at, const char *options)
{
	if (mount("silent", at, "fuse", MS_NOSUID, options) == 0)
		return 0;
	perror(at);
	return 1;
}

static int serve(const char *mount)
{
	int fd = open("/dev/fuse", O_RDWR);
	char options[128];
	int silent = 0;

	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
	alarm(60);
	if (mount_fuse(mount, options))
		return 1;
	puts("mounted");
	fflush(stdout);
	while (read(fd, &request, sizeof(request)) > 0) {
		size_t length = 0;

		memset(&answer, 0, sizeof(answer));
		answer.header.unique = request.header.unique;
		switch (request.header.opcode) {
		case FUSE_INIT:
			answer.init = (struct fuse_init_out){.major = 7, .minor = 31, .max_write = 65536};
			length = sizeof(answer.init);
			break;
		case FUSE_LOOKUP:
			silent |= strcmp(request.body, SILENCE + 1) == 0;
			answer.entry = (struct fuse_entry_out){.nodeid = FILE_ID, .attr = FILE_OF_IT, .attr_valid = 100};
			length = sizeof(answer.entry);
			break;
		case FUSE_GETATTR:
			if (silent && request.header.nodeid == ROOT)
				continue;
			answer.attributes.attr = request.header.nodeid == ROOT ? FOLDER : FILE_OF_IT;
			answer.attributes.attr_valid = request.header.nodeid == ROOT ? 0 : 100;
			length = sizeof(answer.attributes);
			break;
		case FUSE_OPEN:
			length = sizeof(answer.open);
			break;
		case FUSE_READ:
		case FUSE_FORGET:
			continue; /* nothing is said */
		case FUSE_FLUSH:
		case FUSE_RELEASE:
			break;
		default:
			answer.header.error = -38; /* ENOSYS */
		}
		answer.header.len = sizeof(answer.header) + length;
		if (write(fd, &answer, answer.header.len) < 0)
			return 1;
	}
	return 0;
}

int main(int count, char **arguments)
{
	if (count < 3)
		return serve(arguments[1]);
	return strcmp(arguments[2], "map") == 0 ? map(arguments[1]) : live_in(arguments[1]);
}
