/* A client over OpenSSL: says that it is there, waits for the end of its input, and asks the port of localhost that it is given, twice on one connection. */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char REQUEST[] = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n";

int main(int words, char **word)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(word[1])), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	SSL *ssl = SSL_new(SSL_CTX_new(TLS_client_method()));
	char answer[4096];
	size_t count;

	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
	if (words < 2 || connect(fd, (struct sockaddr *)&to, sizeof(to)) || !SSL_set_fd(ssl, fd) || SSL_connect(ssl) != 1)
		return 1;
	if (SSL_write_ex(ssl, REQUEST, strlen(REQUEST), &count) != 1 || SSL_write(ssl, "once", 4) != 4)
		return 2;
	if (SSL_read_ex(ssl, answer, sizeof(answer), &count) != 1)
		return 3;
	fwrite(answer, 1, count, stdout);
	if (SSL_write(ssl, REQUEST, strlen(REQUEST)) != (int)strlen(REQUEST) || SSL_write_ex(ssl, "more", 4, &count) != 1)
		return 4;
	if ((count = SSL_read(ssl, answer, sizeof(answer))) <= 0)
		return 5;
	fwrite(answer, 1, count, stdout);
	SSL_free(ssl);
	return 0;
}
