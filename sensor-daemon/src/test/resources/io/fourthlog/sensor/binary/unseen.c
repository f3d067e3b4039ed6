/*
 * Works in ways that are not followed: unseen compat (system calls by other numbers), quic (TLS within UDP), memory and traced (of another
 * process; own: of this one, from two threads), queue and posix-queue (messages), or HOW through an io_uring (no
 * system calls), which is only set up (idle), asked for what moves nothing (nothing), or for a byte to be sent, by this thread or by the
 * kernel's (send, poller).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <mqueue.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int ring;
static struct io_uring_params parameters;
static char *queues;
static struct io_uring_sqe *entries;

static unsigned *at(unsigned offset)
{
	return (unsigned *)(queues + offset);
}

/* Submits one entry, waits for its completion, and answers that's result. */
static int submit(const struct io_uring_sqe *entry)
{
	unsigned tail = *at(parameters.sq_off.tail), head = *at(parameters.cq_off.head), index = tail & *at(parameters.sq_off.ring_mask);
	int polled = parameters.flags & IORING_SETUP_SQPOLL, result;

	entries[index] = *entry;
	at(parameters.sq_off.array)[index] = index;
	__atomic_store_n(at(parameters.sq_off.tail), tail + 1, __ATOMIC_SEQ_CST);
	if (syscall(SYS_io_uring_enter, ring, polled ? 0 : 1, 1, IORING_ENTER_GETEVENTS | (polled ? IORING_ENTER_SQ_WAKEUP : 0), NULL, 0) < 0)
		perror("io_uring_enter");
	while (__atomic_load_n(at(parameters.cq_off.tail), __ATOMIC_ACQUIRE) == head)
		; /* not reached before, as a completion was waited for */
	result = ((struct io_uring_cqe *)(queues + parameters.cq_off.cqes))[head & *at(parameters.cq_off.ring_mask)].res;
	__atomic_store_n(at(parameters.cq_off.head), head + 1, __ATOMIC_RELEASE);
	return result;
}

static void ask(const char *how)
{
	struct io_uring_sqe entry = {0};
	int pair[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	if (!strcmp(how, "nothing")) {
		struct epoll_event event = {.events = EPOLLIN};

		entry.opcode = IORING_OP_NOP;
		if (submit(&entry) != 0)
			puts("no NOP");
		entry.opcode = IORING_OP_EPOLL_CTL;
		entry.fd = epoll_create1(0);
		entry.len = EPOLL_CTL_ADD;
		entry.off = pair[0];
		entry.addr = (unsigned long)&event;
		if (submit(&entry) != 0)
			puts("no EPOLL_CTL");
		return;
	}
	entry.opcode = IORING_OP_SEND;
	entry.fd = pair[0];
	entry.addr = (unsigned long)"x";
	entry.len = 1;
	for (int i = 0; i < 2; i++)
		if (submit(&entry) != 1)
			puts("no SEND");
}

static void through_ring(const char *how)
{
	if (!strcmp(how, "poller"))
		parameters.flags = IORING_SETUP_SQPOLL;
	ring = syscall(SYS_io_uring_setup, 4, &parameters);
	if (ring < 0) {
		perror("io_uring_setup");
		return;
	}
	if (!strcmp(how, "idle"))
		return;
	queues = mmap(NULL, parameters.sq_off.array + parameters.sq_entries * sizeof(unsigned), PROT_READ | PROT_WRITE, MAP_SHARED, ring,
		      IORING_OFF_SQ_RING); /* both queues: the array lies behind them */
	entries = mmap(NULL, 4 * sizeof(*entries), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	if (queues == MAP_FAILED || entries == MAP_FAILED)
		perror("mmap");
	else
		ask(how);
}

static long datum = 42;

/* By process_vm_readv and process_vm_writev. */
static void exchange(pid_t with)
{
	long copy = 0;
	struct iovec here = {&copy, sizeof(copy)}, there = {&datum, sizeof(datum)};

	if (process_vm_readv(with, &here, 1, &there, 1, 0) != sizeof(copy) || copy != 42)
		perror("process_vm_readv");
	if (process_vm_writev(with, &here, 1, &there, 1, 0) != sizeof(copy))
		perror("process_vm_writev");
}

static void *exchange_own(void *thread)
{
	exchange(getpid());
	exchange(gettid());
	return NULL;
}

static void trace(pid_t child)
{
	int status;

	if (ptrace(PTRACE_ATTACH, child, NULL, NULL) || waitpid(child, &status, 0) != child)
		perror("ptrace");
	if (ptrace(PTRACE_POKEDATA, child, &datum, 43) || ptrace(PTRACE_PEEKDATA, child, &datum, NULL) != 43)
		perror("ptrace");
}

/* In the memory of a child, which does nothing itself. */
static void in_other(void (*act)(pid_t))
{
	pid_t child = fork();

	if (!child)
		for (;;)
			pause();
	act(child);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void queue(void)
{
	struct {
		long type;
		char text[8];
	} message = {1, "hello"};
	int id = msgget(IPC_PRIVATE, 0600);

	if (msgsnd(id, &message, sizeof(message.text), 0) || msgrcv(id, &message, sizeof(message.text), 0, 0) != sizeof(message.text))
		perror("msgsnd");
	msgctl(id, IPC_RMID, NULL);
}

static void posix_queue(void)
{
	struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 8};
	char name[32], text[8];
	mqd_t id;

	snprintf(name, sizeof(name), "/unseen-%d", getpid());
	id = mq_open(name, O_CREAT | O_RDWR, 0600, &attributes);
	if (mq_send(id, "hello", 5, 0) || mq_receive(id, text, sizeof(text), NULL) != 5)
		perror("mq_send");
	mq_unlink(name);
}

int main(int argc, char **argv)
{
	if (!strcmp(argv[1], "quic")) {
		unsigned char initial[1200] = {0xc3, 0, 0, 0, 1}; /* RFC 9000, 17.2.2 */
		struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(443), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		int fd = socket(AF_INET, SOCK_DGRAM, 0);

		for (int i = 0; i < 2; i++)
			if (sendto(fd, initial, sizeof(initial), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
				perror("sendto");
	} else if (!strcmp(argv[1], "memory")) {
		in_other(exchange);
	} else if (!strcmp(argv[1], "traced")) {
		in_other(trace);
	} else if (!strcmp(argv[1], "own")) {
		pthread_t other;

		exchange_own(NULL);
		pthread_create(&other, NULL, exchange_own, NULL);
		pthread_join(other, NULL);
	} else if (!strcmp(argv[1], "queue")) {
		queue();
	} else if (!strcmp(argv[1], "posix-queue")) {
		posix_queue();
	} else if (strcmp(argv[1], "compat")) {
		through_ring(argv[1]);
	} else {
		long result = 5; /* open, as 32-bit programs number it: no number that is looked at otherwise */

		__asm__ volatile("int $0x80" : "+a"(result) : "b"(0), "c"(0), "d"(0) : "memory");
		if (result != -EFAULT)
			puts("no 32-bit system calls");
	}
	return 0;
}
