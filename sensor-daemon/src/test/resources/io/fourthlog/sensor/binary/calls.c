/*
 * Moves the same text by each system call that moves bytes, through loopback TCP, a UNIX socket pair and a pipe: first segments that
 * are empty or too short to be told by, as some programs write. Then what is moved within the kernel.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define SEGMENTS 4

enum call { PLAIN, VECTOR, OFFSET, MESSAGE, TO, MESSAGES, CALLS };
static const char *const NAMES[] = {"plain", "vector", "offset", "message", "to", "messages"};

static void check(long result, const char *what)
{
	if (result <= 0) {
		perror(what);
		exit(1);
	}
}

static void split(char *text, size_t length, struct iovec *to)
{
	size_t sizes[SEGMENTS] = {0, 2, 7, length - 9};

	for (int i = 0; i < SEGMENTS; i++) {
		to[i] = (struct iovec){text, sizes[i]};
		text += sizes[i];
	}
}

static void put(enum call call, int fd, char *text)
{
	size_t length = strlen(text);
	struct iovec segments[SEGMENTS], halves[2][2];
	struct msghdr message = {.msg_iov = segments, .msg_iovlen = SEGMENTS};
	struct mmsghdr both[2] = {{{.msg_iov = halves[0], .msg_iovlen = 2}, 0}, {{.msg_iov = halves[1], .msg_iovlen = 1}, 0}};

	split(text, length, segments);
	halves[0][0] = (struct iovec){text, 1};
	halves[0][1] = (struct iovec){text + 1, 19};
	halves[1][0] = (struct iovec){text + 20, length - 20};
	switch (call) {
	case PLAIN:
		check(write(fd, text, length), "write");
		break;
	case VECTOR:
		check(writev(fd, segments, SEGMENTS), "writev");
		break;
	case OFFSET: /* of which -1 says to go on where it is */
		check(pwritev2(fd, segments, SEGMENTS, -1, 0), "pwritev2");
		break;
	case MESSAGE:
		check(sendmsg(fd, &message, 0), "sendmsg");
		break;
	case TO:
		check(sendto(fd, text, length, 0, NULL, 0), "sendto");
		break;
	default:
		check(sendmmsg(fd, both, 2, 0), "sendmmsg");
	}
}

static void get(enum call call, int fd, size_t length)
{
	char text[256];
	struct iovec segments[SEGMENTS];
	struct msghdr message = {.msg_iov = segments, .msg_iovlen = SEGMENTS};
	struct mmsghdr one = {{.msg_iov = segments, .msg_iovlen = SEGMENTS}, 0};
	struct msghdr peeked = message;

	check(recv(fd, text, sizeof(text), MSG_PEEK), "peek");
	split(text, sizeof(text), segments);
	check(recvmsg(fd, &peeked, MSG_PEEK), "peek");
	while (length) {
		long got;

		switch (call) {
		case PLAIN:
			got = read(fd, text, sizeof(text));
			break;
		case VECTOR:
			got = readv(fd, segments, SEGMENTS);
			break;
		case OFFSET:
			got = preadv2(fd, segments, SEGMENTS, -1, 0);
			break;
		case MESSAGE:
			got = recvmsg(fd, &message, 0);
			break;
		case TO:
			got = recvfrom(fd, text, sizeof(text), 0, NULL, NULL);
			break;
		default:
			got = recvmmsg(fd, &one, 1, 0, NULL);
			got = got < 0 ? got : (long)one.msg_len;
		}
		check(got, "receive");
		length -= got;
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), file = open(argv[1], O_RDONLY);
	char text[128];
	struct iovec segments[SEGMENTS];

	if (argc != 2 || file < 0 || bind(listener, (struct sockaddr *)&at, size) || listen(listener, CALLS + 1) ||
	    getsockname(listener, (struct sockaddr *)&at, &size))
		return 1;
	for (enum call call = PLAIN; call <= CALLS; call++) {
		int client = socket(AF_INET, SOCK_STREAM, 0), server, pair[2];

		if (connect(client, (struct sockaddr *)&at, size))
			return 1;
		server = accept(listener, NULL, NULL);
		if (call == CALLS) { /* a body that does not come into memory */
			put(PLAIN, client, "POST /file HTTP/1.1\r\n\r\n");
			check(sendfile(client, file, NULL, 1000), "sendfile");
			put(PLAIN, client, "that is all");
			if (pipe(pair))
				return 1;
			put(PLAIN, pair[1], "{\"jsonrpc\":\"2.0\",\"pipe\":\"file\"}\n");
			check(splice(file, &(off64_t){0}, pair[1], NULL, 1000, 0), "splice");
			split(text, 20, segments);
			memset(text, '#', sizeof(text));
			check(vmsplice(pair[1], segments, SEGMENTS, 0), "vmsplice");
			break;
		}
		sprintf(text, "POST /%s HTTP/1.1\r\nHost: a\r\n\r\n", NAMES[call]);
		put(call, client, text);
		get(call, server, strlen(text));
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
			return 1;
		sprintf(text, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\"}\n", NAMES[call]);
		put(call, pair[0], text);
		if (call <= OFFSET) {
			if (pipe(pair))
				return 1;
			sprintf(text, "{\"jsonrpc\":\"2.0\",\"pipe\":\"%s\"}\n", NAMES[call]);
			put(call, pair[1], text);
		}
	}
	return 0;
}
