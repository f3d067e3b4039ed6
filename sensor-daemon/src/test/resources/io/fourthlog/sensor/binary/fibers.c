/*
 * Two fibers, each with a stack of its own, that read through OpenSSL: where the one waits for bytes, the other goes on, and who began first
 * returns first. Says how many have returned.
 */
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#define STACK (1 << 20)

static ucontext_t all, fibers[2];
static int now, returned;

static int no_bytes(BIO *bio, char *to, int length)
{
	int self = now;

	now = !self;
	swapcontext(&fibers[self], &fibers[now]); /* until the other one has begun, or ended */
	BIO_set_retry_read(bio);
	return -1;
}

static int take(BIO *bio, const char *from, int length)
{
	return length;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
	return 1;
}

static void run(void)
{
	SSL *ssl = SSL_new(SSL_CTX_new(TLS_client_method()));
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "fiber");
	BIO *bio;
	char byte;

	BIO_meth_set_read(method, no_bytes);
	BIO_meth_set_write(method, take);
	BIO_meth_set_ctrl(method, control);
	bio = BIO_new(method);
	BIO_set_init(bio, 1);
	SSL_set_bio(ssl, bio, bio);
	SSL_set_connect_state(ssl);
	SSL_read(ssl, &byte, 1);
	returned++;
	if (returned == 2)
		setcontext(&all);
	now = !now;
	setcontext(&fibers[now]);
}

int main(void)
{
	for (int i = 0; i < 2; i++) {
		getcontext(&fibers[i]);
		fibers[i].uc_stack.ss_sp = malloc(STACK);
		fibers[i].uc_stack.ss_size = STACK;
		makecontext(&fibers[i], run, 0);
	}
	swapcontext(&all, &fibers[0]);
	printf("%d\n", returned);
	return 0;
}
