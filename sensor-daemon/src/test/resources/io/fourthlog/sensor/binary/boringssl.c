/*
 * A program with the outline of BoringSSL's ssl_lib.cc and s3_pkt.cc: which function reports which error of which file, which calls
 * which, and the method table. PEEK is whether SSL_peek stays a function of its own, TWICE whether a second one reports as SSL_write, OLD whether
 * SSL_write reports what it once did (1), or ssl_read_impl does (2).
 */
#include <stddef.h>
#include <string.h>

struct ssl;
struct method {
	char is_dtls;
	int (*ssl_new)(struct ssl *);
	void (*ssl_free)(struct ssl *);
	int (*get_message)(struct ssl *);
	void (*next_message)(struct ssl *);
	int (*open_app_data)(struct ssl *);
	int (*write_app_data)(struct ssl *, const void *, int);
	int (*dispatch_alert)(struct ssl *);
};
struct ssl {
	const struct method *method;
	const char *pending;
	size_t left;
	int error, quic, ready;
};

#define APART __attribute__((noinline, noipa))
APART void ERR_put_error(int library, int unused, int reason, const char *file, unsigned line)
{
	__asm__ volatile("" ::"r"(library), "r"(reason), "r"(file), "r"(line), "r"(unused));
}

#line 100 "../../vendor/boringssl/ssl/s3_pkt.cc"
#define PUT(reason) ERR_put_error(16, 0, reason, __FILE__, __LINE__)
APART static int tls_write_app_data(struct ssl *ssl, const void *data, int length)
{
	if (ssl->error) {
		PUT(194);
		return -1;
	}
	ssl->error = ((const char *)data)[0];
	return length;
}
APART static int tls_open_app_data(struct ssl *ssl)
{
	if (ssl->error) {
		PUT(231);
		return -1;
	}
	ssl->pending = "x", ssl->left = 1;
	return 1;
}
#line 1 "main.c"
APART static int tls_new(struct ssl *ssl) { return ssl->ready = 1; }
APART static void tls_free(struct ssl *ssl) { ssl->ready = 2; }
APART static int tls_get_message(struct ssl *ssl) { return ssl->ready + 3; }
APART static void tls_next_message(struct ssl *ssl) { ssl->ready = 4; }
APART static int tls_dispatch_alert(struct ssl *ssl) { return ssl->ready + 5; }

#line 600 "../../vendor/boringssl/ssl/ssl_lib.cc"
static const struct method kTLSProtocolMethod = {
	0, tls_new, tls_free, tls_get_message, tls_next_message, tls_open_app_data, tls_write_app_data, tls_dispatch_alert,
};
APART int SSL_do_handshake(struct ssl *ssl)
{
	if (!ssl->ready) {
		PUT(134);
		return -1;
	}
	return 1;
}
APART static int ssl_read_impl(struct ssl *ssl)
{
	if (!ssl->method) {
		PUT(226);
		return -1;
	}
#if OLD == 2
	if (ssl->error) {
		PUT(194);
		return -1;
	}
#endif
	while (!ssl->left) {
		if (SSL_do_handshake(ssl) == 0) {
			PUT(215);
			return -1;
		}
		if (ssl->method->open_app_data(ssl) < 0)
			return -1;
	}
	return 1;
}
#if PEEK
__attribute__((noinline))
#endif
int SSL_peek(struct ssl *ssl, void *buffer, int length)
{
	size_t moved;
	int ret;

	if (ssl->quic) {
		PUT(66);
		return -1;
	}
	ret = ssl_read_impl(ssl);
	if (ret <= 0)
		return ret;
	if (length <= 0)
		return length;
	moved = ssl->left < (size_t)length ? ssl->left : (size_t)length;
	memcpy(buffer, ssl->pending, moved);
	return moved;
}
__attribute__((noinline)) int SSL_read(struct ssl *ssl, void *buffer, int length)
{
	int ret = SSL_peek(ssl, buffer, length);

	if (ret <= 0)
		return ret;
	ssl->pending += ret;
	ssl->left -= ret;
	return ret;
}
__attribute__((noinline)) int SSL_write(struct ssl *ssl, const void *buffer, int length)
{
	if (ssl->quic) {
		PUT(66);
		return -1;
	}
	if (!ssl->method) {
		PUT(226);
		return -1;
	}
#if OLD == 1
	if (ssl->error) {
		PUT(194);
		return -1;
	}
#endif
	if (SSL_do_handshake(ssl) == 0) {
		PUT(215);
		return -1;
	}
#ifndef OLD
	if (length < 0) {
		PUT(111);
		return -1;
	}
#endif
	length = ssl->method->write_app_data(ssl, buffer, length);
	return length > 0 ? length : -1;
}
#if TWICE
__attribute__((noinline)) int SSL_write_other(struct ssl *ssl, const void *buffer, int length)
{
	if (!ssl->method)
		PUT(226);
	if (SSL_do_handshake(ssl) == 0)
		PUT(215);
	if (length < 0)
		PUT(111);
	return ssl->method->write_app_data(ssl, buffer, length + 1) + 1;
}
#endif
int main(int argc, char **argv)
{
	struct ssl ssl = {.method = &kTLSProtocolMethod, .ready = argc};
	char byte;
	int sum = SSL_write(&ssl, argv[0], 1) + SSL_read(&ssl, &byte, 1) + SSL_peek(&ssl, &byte, 1);

	__asm__ volatile("" ::"r"(&ssl) : "memory");
#if TWICE
	sum += SSL_write_other(&ssl, argv[0], 1);
#endif
	return sum;
}
