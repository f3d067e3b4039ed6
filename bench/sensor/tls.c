/*
 * TLS through the machine's libssl.so.3, as an agent's run-time calls it. Prints what it measured.
 *
 *   tls calls CERTIFICATE KEY BYTES COUNT [ex]   both ends in this process over memory: ns of CPU for a write and a read of so many bytes
 *   tls serve CERTIFICATE KEY [CHUNK]            answers each request with as many bytes as it has, so many a call; prints its port
 *   tls ask PORT BYTES SECONDS [RATE [CHUNK]]    requests one after the other on one connection, so many a second, 0 for as many as go:
 *                                                requests a second, ns of CPU for each, requests
 *
 * Requests and answers are HTTP with JSON of a chat in them. The library's headers are not needed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct ssl SSL;
typedef struct ssl_ctx SSL_CTX;
typedef struct bio BIO;

extern const void *TLS_method(void);
extern SSL_CTX *SSL_CTX_new(const void *);
extern int SSL_CTX_use_certificate_file(SSL_CTX *, const char *, int), SSL_CTX_use_PrivateKey_file(SSL_CTX *, const char *, int);
extern SSL *SSL_new(SSL_CTX *);
extern void SSL_free(SSL *), SSL_set_bio(SSL *, BIO *, BIO *), SSL_set_connect_state(SSL *), SSL_set_accept_state(SSL *);
extern int SSL_set_fd(SSL *, int), SSL_connect(SSL *), SSL_accept(SSL *), SSL_do_handshake(SSL *);
extern int SSL_read(SSL *, void *, int), SSL_write(SSL *, const void *, int);
extern int SSL_read_ex(SSL *, void *, size_t, size_t *), SSL_write_ex(SSL *, const void *, size_t, size_t *);
extern BIO *BIO_new(const void *);
extern const void *BIO_s_mem(void);

#define PEM 1
#define LARGEST (1 << 20)

static char buffer[LARGEST + 4096], wanted[LARGEST + 4096];

static void need(int holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "tls: %s failed\n", what);
		exit(1);
	}
}

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static SSL_CTX *serving(const char *certificate, const char *key)
{
	SSL_CTX *context = SSL_CTX_new(TLS_method());

	need(SSL_CTX_use_certificate_file(context, certificate, PEM) == 1, certificate);
	need(SSL_CTX_use_PrivateKey_file(context, key, PEM) == 1, key);
	return context;
}

/* A message of so many bytes in all, of which some hundred are not prose. */
static void message(char *to, int request, int bytes)
{
	static const char prose[] = "The report of the northern branch lists forty orders, and none of them is late. ";
	const char *head = request ? "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Type: application/json\r\nContent-Length: %7d\r\n\r\n"
				   : "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %7d\r\n\r\n";
	const char *begin = request ? "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\""
				    : "{\"id\":\"c\",\"object\":\"chat.completion\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"";
	const char *end = request ? "\"}]}" : "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":16000,\"completion_tokens\":16000,\"total_tokens\":32000}}";
	int headed = snprintf(NULL, 0, head, 0), at, last = bytes - (int)strlen(end);

	at = sprintf(to, head, bytes - headed);
	at += sprintf(to + at, "%s", begin);
	need(at < last && bytes <= LARGEST, "room for a message");
	for (int i = 0; at < last; at++, i++)
		to[at] = prose[i % (sizeof(prose) - 1)];
	memcpy(to + last, end, strlen(end));
}

static int chunk = LARGEST;

static int write_all(SSL *ssl, const char *from, int bytes, int ex)
{
	for (int at = 0; at < bytes;) {
		int some = bytes - at < chunk ? bytes - at : chunk;
		size_t written = some;

		if (ex ? SSL_write_ex(ssl, from + at, some, &written) != 1 : SSL_write(ssl, from + at, some) != some)
			return 0;
		at += (int)written;
	}
	return 1;
}

/* Returns how many reads it took. */
static int read_all(SSL *ssl, int bytes, int ex)
{
	int reads = 0;

	for (int at = 0; at < bytes; reads++) {
		size_t read = 0;
		int moved = ex ? (SSL_read_ex(ssl, buffer + at, bytes - at, &read) == 1 ? (int)read : -1) : SSL_read(ssl, buffer + at, bytes - at);

		if (moved <= 0)
			return 0;
		at += moved;
	}
	return reads;
}

static int calls(SSL_CTX *context, int bytes, long count, int ex)
{
	SSL *client = SSL_new(SSL_CTX_new(TLS_method())), *server = SSL_new(context);
	BIO *up = BIO_new(BIO_s_mem()), *down = BIO_new(BIO_s_mem());
	double cpu, wall;
	long reads = 0;

	SSL_set_bio(client, down, up);
	SSL_set_bio(server, up, down);
	SSL_set_connect_state(client);
	SSL_set_accept_state(server);
	for (int i = 0; i < 4; i++) {
		SSL_do_handshake(client);
		SSL_do_handshake(server);
	}
	message(wanted, 1, bytes);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	wall = seconds(CLOCK_MONOTONIC);
	for (long i = 0; i < count; i++) {
		int took;

		need(write_all(client, wanted, bytes, ex), "SSL_write");
		need((took = read_all(server, bytes, ex)) > 0, "SSL_read");
		reads += took;
	}
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	wall = seconds(CLOCK_MONOTONIC) - wall;
	printf("%.0f %.0f %ld\n", cpu * 1e9 / count, wall * 1e9 / count, count + reads);
	return 0;
}

static _Noreturn void serve(SSL_CTX *context)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int listening = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	need(bind(listening, (struct sockaddr *)&address, length) == 0 && listen(listening, 16) == 0, "listening");
	getsockname(listening, (struct sockaddr *)&address, &length);
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	for (;;) {
		int connection = accept(listening, NULL, NULL), known = 0;
		SSL *ssl = SSL_new(context);

		setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		SSL_set_fd(ssl, connection);
		while (SSL_accept(ssl) == 1) {
			int at = SSL_read(ssl, buffer, LARGEST), bytes;
			char *head;

			if (at <= 0)
				break;
			buffer[at] = 0;
			head = strstr(buffer, "Content-Length:");
			need(head != NULL, "the head of a request");
			bytes = atoi(head + 15) + (int)(strstr(buffer, "\r\n\r\n") + 4 - buffer);
			while (at < bytes) {
				int moved = SSL_read(ssl, buffer + at, bytes - at);

				need(moved > 0, "reading a request");
				at += moved;
			}
			if (known != bytes)
				message(wanted, 0, known = bytes);
			if (!write_all(ssl, wanted, bytes, 0))
				break;
		}
		SSL_free(ssl);
		close(connection);
	}
}

static int ask(int port, int bytes, double longest, double rate)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int connection = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	SSL *ssl = SSL_new(SSL_CTX_new(TLS_method()));
	double begin, cpu;
	long count = 0;

	need(connect(connection, (struct sockaddr *)&address, sizeof(address)) == 0, "connecting");
	setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	SSL_set_fd(ssl, connection);
	need(SSL_connect(ssl) == 1, "the handshake");
	message(wanted, 1, bytes);
	begin = seconds(CLOCK_MONOTONIC);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	while (seconds(CLOCK_MONOTONIC) - begin < longest) {
		need(write_all(ssl, wanted, bytes, 0) && read_all(ssl, bytes, 0), "a request");
		count++;
		if (rate > 0) { /* after a delay the late ones follow at once */
			double due = begin + count / rate;
			struct timespec at = {.tv_sec = (long)due, .tv_nsec = (long)((due - (long)due) * 1e9)};

			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		}
	}
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("%.1f %.0f %ld\n", count / (seconds(CLOCK_MONOTONIC) - begin), cpu * 1e9 / count, count);
	SSL_free(ssl);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "calls") && argc >= 6)
		return calls(serving(argv[2], argv[3]), atoi(argv[4]), atol(argv[5]), argc > 6);
	if (!strcmp(what, "serve") && argc > 4)
		chunk = atoi(argv[4]);
	if (!strcmp(what, "ask") && argc > 6)
		chunk = atoi(argv[6]);
	if (!strcmp(what, "serve") && argc >= 4)
		serve(serving(argv[2], argv[3]));
	if (!strcmp(what, "ask") && argc >= 5)
		return ask(atoi(argv[2]), atoi(argv[3]), atof(argv[4]), argc > 5 ? atof(argv[5]) : 0);
	fprintf(stderr, "usage: tls calls CERTIFICATE KEY BYTES COUNT [ex] | serve CERTIFICATE KEY [CHUNK] | ask PORT BYTES SECONDS [RATE [CHUNK]]\n");
	return 2;
}
