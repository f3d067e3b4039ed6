/*
 * A program with the outline of OpenSSL's ssl_lib.c, as of VERSION 111, 300 or 330: which function reports which error under which name or
 * number, which calls which, and which begin with a counter. TWICE is whether a second one reports as ssl_write_internal does.
 */
#include <stddef.h>

struct context {
	int references;
	char *name;
};
struct ssl {
	int references, ready, flags;
	struct context *context;
};

#define APART __attribute__((noinline, noipa))
APART void free_at(void *what, const char *file, int line) { __asm__ volatile("" ::"r"(what), "r"(file), "r"(line)); }
#if VERSION == 111
APART void ERR_put_error(int library, int function, int reason, const char *file, int line)
{
	__asm__ volatile("" ::"r"(library), "r"(function), "r"(reason), "r"(file), "r"(line));
}
#define RAISE(number, reason) ERR_put_error(20, number, reason, __FILE__, __LINE__)
#else
APART void ERR_set_debug(const char *file, int line, const char *function) { __asm__ volatile("" ::"r"(file), "r"(line), "r"(function)); }
APART void ERR_set_error(int library, int reason, const char *format) { __asm__ volatile("" ::"r"(library), "r"(reason), "r"(format)); }
#define RAISE(number, reason) (ERR_set_debug(__FILE__, __LINE__, __func__), ERR_set_error(20, reason, NULL))
#endif
#define DOWN(object) __atomic_sub_fetch(&(object)->references, 1, __ATOMIC_RELAXED)

#line 700 "../vendor/openssl/ssl/ssl_lib.c"
APART void SSL_CTX_free(struct context *context)
{
	if (!context || DOWN(context) > 0)
		return;
	free_at(context->name, __FILE__, __LINE__);
	free_at(context, __FILE__, __LINE__);
}
APART void SSL_free(struct ssl *ssl)
{
	if (!ssl || DOWN(ssl) > 0)
		return;
	SSL_CTX_free(ssl->context);
	free_at(ssl, __FILE__, __LINE__);
}
APART void SSL_set_context(struct ssl *ssl, struct context *context)
{
	free_at(ssl->context, __FILE__, __LINE__);
	__atomic_add_fetch(&context->references, 1, __ATOMIC_RELAXED);
	SSL_CTX_free(ssl->context);
}
APART int ssl_read_internal(struct ssl *ssl, void *buffer, size_t length, size_t *count)
{
	if (!ssl->ready) {
		RAISE(523, 276);
		return -1;
	}
	*count = length + ((char *)buffer)[0];
	return 1;
}
APART int ssl_peek_internal(struct ssl *ssl, void *buffer, size_t length, size_t *count)
{
	if (!ssl->ready) {
		RAISE(522, 276);
		return -1;
	}
	*count = length - ((char *)buffer)[0];
	return 1;
}
#if VERSION == 330
APART int ssl_write_internal(struct ssl *ssl, const void *buffer, size_t length, unsigned long flags, size_t *count)
{
	if (flags) {
		RAISE(524, 412);
		return -1;
	}
#else
APART int ssl_write_internal(struct ssl *ssl, const void *buffer, size_t length, size_t *count)
{
#endif
	if (!ssl->ready) {
		RAISE(524, 276);
		return -1;
	}
	*count = length + ((const char *)buffer)[1];
	return 1;
}
#if TWICE
APART int other(struct ssl *ssl)
{
#if VERSION == 111
	if (!ssl->ready)
		RAISE(524, 276);
#else
	static const char again[] = "ssl_write_internal";

	if (!ssl->ready)
		ERR_set_debug(__FILE__, __LINE__, again), ERR_set_error(20, 276, NULL);
#endif
	return ssl->flags;
}
#endif

int main(int words, char **word)
{
	struct context context = {words, word[0]};
	struct ssl ssl = {words, words, words, &context};
	size_t count = 0;

	ssl_read_internal(&ssl, word[0], 1, &count);
	ssl_peek_internal(&ssl, word[0], 1, &count);
#if VERSION == 330
	ssl_write_internal(&ssl, word[0], 1, 0, &count);
#else
	ssl_write_internal(&ssl, word[0], 1, &count);
#endif
#if TWICE
	other(&ssl);
#endif
	SSL_set_context(&ssl, &context);
	SSL_free(&ssl);
	return 0;
}
