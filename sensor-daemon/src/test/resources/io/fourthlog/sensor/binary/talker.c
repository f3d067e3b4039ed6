/*
 * Has a TLS library's functions linked in, so that a test says when they are called: sends each line that it reads; of a line that is a
 * number, as many bytes as it says, in one call, out of memory that was never touched, or, if it is negative, that there is not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char untouched[16 << 20];

#ifdef PADDED /* with prefixes as filling, on which the kernel takes no probe */
__attribute__((used)) int read_line(void *connection, void *buffer, int length)
{
	return connection && fgets(buffer, length, stdin) ? (int)strlen(buffer) : 0;
}

__attribute__((naked)) int SSL_write(void *connection, const void *buffer, int length)
{
	__asm__("cs; push %rbx; mov %edx, %eax; pop %rbx; ret");
}

__attribute__((naked)) int SSL_read(void *connection, void *buffer, int length)
{
	__asm__("cs; push %rbx; call read_line@PLT; pop %rbx; ret");
}
#else
__attribute__((noinline)) int SSL_write(void *connection, const void *buffer, int length)
{
	__asm__ volatile("" : : "r"(connection), "r"(buffer) : "memory");
	return length;
}

__attribute__((noinline)) int SSL_read(void *connection, void *buffer, int length)
{
	__asm__ volatile("" : : "r"(connection) : "memory");
	return fgets(buffer, length, stdin) ? (int)strlen(buffer) : 0;
}
#endif

static int converse(void)
{
	static int connection;
	char line[64];

	while (SSL_read(&connection, line, sizeof(line)) > 0) {
		int size = atoi(line);

		if (size < 0)
			SSL_write(&connection, (void *)16, -size);
		else
			SSL_write(&connection, size ? untouched : line, size ? size : (int)strlen(line));
	}
	return 0;
}

#ifdef HEADLESS /* its first thread ends before it says a word, and another one talks */
#include <pthread.h>

static void *talks(void *first)
{
	pthread_join(*(pthread_t *)first, NULL);
	converse();
	exit(0);
}

int main(void)
{
	static pthread_t first, second;

	first = pthread_self();
	pthread_create(&second, NULL, talks, &first);
	pthread_exit(NULL);
}
#else
int main(void)
{
	return converse();
}
#endif
