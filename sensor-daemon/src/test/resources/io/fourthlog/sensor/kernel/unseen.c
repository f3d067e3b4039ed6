/* Works in ways that are not followed: unseen io_uring (no system calls), compat (calls by other numbers), or quic (TLS within UDP). */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (!strcmp(argv[1], "io_uring")) {
		unsigned char parameters[120] = {0}; /* struct io_uring_params */

		if (syscall(SYS_io_uring_setup, 4, parameters) < 0)
			perror("io_uring_setup");
	} else if (!strcmp(argv[1], "quic")) {
		unsigned char initial[1200] = {0xc3, 0, 0, 0, 1}; /* RFC 9000, 17.2.2 */
		struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(443), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		int fd = socket(AF_INET, SOCK_DGRAM, 0);

		for (int i = 0; i < 2; i++)
			if (sendto(fd, initial, sizeof(initial), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
				perror("sendto");
	} else {
		long result = 20; /* getpid, as 32-bit programs number it */

		__asm__ volatile("int $0x80" : "+a"(result) : : "memory");
		if (result != getpid())
			puts("no 32-bit system calls");
	}
	return 0;
}
