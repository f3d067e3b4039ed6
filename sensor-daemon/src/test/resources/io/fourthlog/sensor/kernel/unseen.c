/* Works in ways that make no system calls, or make them by other numbers: unseen io_uring, or unseen compat. */
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
	} else {
		long result = 20; /* getpid, as 32-bit programs number it */

		__asm__ volatile("int $0x80" : "+a"(result) : : "memory");
		if (result != getpid())
			puts("no 32-bit system calls");
	}
	return 0;
}
