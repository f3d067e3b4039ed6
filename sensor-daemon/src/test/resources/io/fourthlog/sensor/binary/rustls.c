/*
 * A program with the outline of what Rustls looks for: ring's three algorithms, AWS-LC's AEAD functions by what they report, and the
 * word. OTHER is whether there are two more statics that look like ring's.
 */
#include <stddef.h>

#define APART __attribute__((noinline, noipa))
#define FUNCTION(name, number)                                            \
	APART long name(long a)                                           \
	{                                                                 \
		__asm__ volatile("" ::"r"(a + number));                   \
		return a * number;                                        \
	}

FUNCTION(aes_init_128, 3)
FUNCTION(aes_init_256, 5)
FUNCTION(aes_gcm_seal, 7)
FUNCTION(aes_gcm_open, 9)
FUNCTION(chacha_init, 11)
FUNCTION(chacha_seal, 13)
FUNCTION(chacha_open, 15)
FUNCTION(other_seal, 17)
FUNCTION(other_open, 19)

struct algorithm {
	long (*init)(long);
	long (*seal)(long);
	long (*open)(long);
	size_t key_length;
	unsigned char id;
};
const struct algorithm AES_128_GCM = {aes_init_128, aes_gcm_seal, aes_gcm_open, 16, 0};
const struct algorithm AES_256_GCM = {aes_init_256, aes_gcm_seal, aes_gcm_open, 32, 1};
const struct algorithm CHACHA20_POLY1305 = {chacha_init, chacha_seal, chacha_open, 32, 2};
#if OTHER
const struct algorithm OTHER_128 = {aes_init_128, other_seal, other_open, 16, 0};
const struct algorithm OTHER_256 = {aes_init_256, other_seal, other_open, 32, 1};
#endif

APART void ERR_put_error(int library, int unused, int reason, const char *file, unsigned line)
{
	__asm__ volatile("" ::"r"(library), "r"(reason), "r"(file), "r"(line), "r"(unused));
}
#line 900 "/aws-lc/crypto/fipsmodule/cipher/aead.c"
#define PUT(reason) ERR_put_error(30, 0, reason, __FILE__, __LINE__)
APART int EVP_AEAD_CTX_seal(long a, long b)
{
	if (a < b)
		PUT(117);
	else if (a == b)
		PUT(103);
	else
		PUT(115);
	return 0;
}
APART int EVP_AEAD_CTX_seal_scatter(long a, long b)
{
	if (a < b)
		PUT(115);
	else
		PUT(112);
	return 1;
}
APART int EVP_AEAD_CTX_open(long a, long b)
{
	if (a < b)
		PUT(115);
	else if (a == b)
		PUT(101);
	else
		PUT(103);
	return 2;
}
APART int EVP_AEAD_CTX_open_gather(long a, long b)
{
	if (a < b)
		PUT(115);
	else
		PUT(104);
	return 3;
}
#line 1 "main.c"
const char *volatile word = "rustls";
const struct algorithm *volatile kept[] = {
	&AES_128_GCM, &AES_256_GCM, &CHACHA20_POLY1305,
#if OTHER
	&OTHER_128, &OTHER_256,
#endif
};
#ifdef OPENSSL /* beside it, with its symbols */
int SSL_read(void) { return 1; }
int SSL_write(void) { return 2; }
#endif
int main(int argc, char **argv)
{
	return EVP_AEAD_CTX_seal(argc, 1) + EVP_AEAD_CTX_seal_scatter(argc, 1) + EVP_AEAD_CTX_open(argc, 1) +
	       EVP_AEAD_CTX_open_gather(argc, 1) + kept[argc - 1]->seal(1) + other_seal(1) + other_open(1) + word[argc];
}
