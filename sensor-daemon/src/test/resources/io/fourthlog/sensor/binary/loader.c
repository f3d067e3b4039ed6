/* Loads a library, deletes it, says so, and calls its function talk. */
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

int main(int words, char **word)
{
	void *library = dlopen(word[1], RTLD_NOW);
	int (*talk)(void) = library ? dlsym(library, "talk") : NULL;

	if (words != 2 || !talk || unlink(word[1]))
		return 1;
	puts("deleted");
	fflush(stdout);
	return talk();
}
