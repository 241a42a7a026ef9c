/* Quorate inside a client: what its TLS library and its sockets read and write goes to Quorate first. docs/attach.md,
 * “Protocol”. Whatever would hurt if it were lost lives here; whatever needs thought lives in Quorate. Without it
 * everything passes. */
#ifndef QUORATE_SHIM_H
#define QUORATE_SHIM_H
#include "tokenizer.h"
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#pragma GCC visibility push(hidden)

enum { HELLO = 1, OPEN, DATA, CLOSED, BUSY = 6, OTHER, PASS = 16, REPL, INJECT = 21, TABLE, IGNORE, DETACH, WELCOME };
enum { DOWN, UP };
enum { PLAIN, OPENSSL, GNUTLS, NSS };
enum { UNKNOWN, OURS, FOREIGN };
enum { MAX_FD = 16384, TICK_MS = 200 };
#define SECOND 1000000000LL

typedef struct __attribute__((packed)) {
    uint32_t len;
    uint8_t type, dir;
    uint16_t flags;
    uint32_t conn;
    uint64_t offset;
} head;
typedef struct command { struct command *next; head h; char data[]; } command;
typedef struct {
    buf held, out; /* asked about and not consumed; to be delivered */
    table table;
    tokenizer tok;
} way;
typedef struct conn {
    struct conn *next;
    pthread_mutex_t lock; /* held while bytes are read, judged, written; never while the client sleeps */
    atomic_int users;
    int wake; /* an eventfd, kept for the next as all above */
    atomic_int live, mode;
    void *key;
    uint32_t id;
    int lib, fd, ignored, stuck, fresh, told; /* stuck: its last write would have blocked; told: in which session */
    way w[2];
    buf pend; /* up: what is being written, at one place until it is; `done` of it is */
    buf last; /* what the client offered and was told to offer again */
    size_t done;
    command *queue, **tail;
    int ep, not_ep; /* the epoll set its fd is in, the last one it is not in */
    uint32_t ep_events; /* how it is registered there */
    uint64_t ep_data;
    void *bio; /* a memory BIO */
    uint64_t taken, sent; /* bytes taken out of it, and of those sent */
    char end16[16];
    buf rest; /* what we took out and could not send */
} conn;

#define HOOKED(owner, type, name, args) extern type(*o_##name) args; type h_##name args;
#define CALLED(owner, type, name, args) extern type(*o_##name) args;
#include "functions.def" /* o_: the library's own; h_: what is called in its place */
#undef HOOKED
#undef CALLED

/* base.c */
extern pthread_mutex_t list_lock, ask_lock, queue_lock; /* of `conns`; of S; of what comes on A */
extern atomic_int active, hooked; /* Quorate is there; so are the hooks */
extern _Atomic uint8_t ours[MAX_FD]; /* descriptors that are our own */
extern pid_t home; /* our process: a child that did not exec is none of ours */
extern __thread conn *cur; /* the connection whose library runs in this thread */
extern __thread int io_flags, nowait, reading; /* nowait: nothing the library does in this thread may block */
int64_t now_ns(void);
int64_t in_ms(int64_t ms);
struct timespec span(int64_t ns);
int away(void);
void lock(pthread_mutex_t *m);
void unlock(pthread_mutex_t *m);
int own(int fd);
void disown(int fd);

/* channel.c */
extern int S, A, deadline_ms, session; /* session: how many Quorates have been there */
extern uint64_t seen; /* the last number received on A */
extern pthread_cond_t queued; /* it has changed, or nothing comes any more */
void fail_open(void);
int put(int fd, int type, int dir, uint32_t id, uint64_t offset, const void *p, size_t n, int64_t until);
command *get(int fd, int64_t until);

/* connections.c */
extern conn *_Atomic conns, *_Atomic by_fd[MAX_FD];
extern _Atomic uint8_t foreign[MAX_FD]; /* descriptors that need no look */
extern atomic_int memory_bios;
conn *at(int fd);
void wake(conn *c);
void awoken(const conn *c);
int is_stream_socket(int fd, int internet);
int owed(void);
void forget(conn *c);
void set_fd(conn *c, int fd);
conn *take(int lib, const void *key, int create);
conn *take_fd(int fd);
long done(conn *c, long r);

/* judging.c */
void deliver_held(conn *c, int dir);
void settle(conn *c);
int clean(const conn *c);
int tell(conn *c, int64_t until);
int judge(conn *c, int dir, const void *p, size_t n, int in_place);
void classify(conn *c, int dir, const char *p, size_t n);

/* streams.c */
int small(size_t n);
int flush_rest(conn *c);
void serve(conn *c);
long do_write(conn *c, const char *p, size_t n);
long do_read(conn *c, char *b, size_t n);

/* tls_hooks.c */
void before_end(int lib, const void *key, int speaks, int dies);

/* slots.c */
extern int slots; /* how many were patched */
void resolve(const char *owner, void *handle);
void scan(int putting);
const char *base_of(const char *name);
#pragma GCC visibility pop
#endif
