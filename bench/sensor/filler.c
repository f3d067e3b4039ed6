/*
 * Writes a thousand JSON messages of a size to a pipe for each line "SIZE" on standard input, then says so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	static char message[1 << 20];
	char line[32];
	int ends[2];

	if (pipe(ends))
		return 1;
	memset(message, 'm', sizeof(message));
	message[0] = '{';
	while (fgets(line, sizeof(line), stdin)) {
		int size = atoi(line);

		for (int i = 0; i < 1000; i++)
			for (int at = 0; at < size;) { /* the pipe is as large as the largest message */
				ssize_t written = write(ends[1], message, size - at);

				if (written <= 0 || read(ends[0], message, written) != written)
					return 1;
				at += written;
			}
		puts("done");
		fflush(stdout);
	}
	return 0;
}
