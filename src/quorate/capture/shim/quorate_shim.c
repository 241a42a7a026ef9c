/* Quorate inside a client: what its TLS library and its sockets read and write goes to Quorate first. docs/attach.md, “Protocol”.
 * Whatever would hurt if it were lost lives here; whatever needs thought lives in Quorate. Without Quorate everything passes. */
#define _GNU_SOURCE
#include "tokenizer.h"
#include <arpa/inet.h>
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { HELLO = 1, OPEN, DATA, CLOSED, BUSY = 6, OTHER, PASS = 16, REPL, INJECT = 21, TABLE, IGNORE, DETACH, WELCOME };
enum { DOWN, UP };
enum { PLAIN, OPENSSL, GNUTLS, NSS };
enum { UNKNOWN, OURS, FOREIGN };
enum { MAX_FD = 16384, MAX_OWN = 8, MAX_POLL = 512, ASK = 65536, MAX_MESSAGE = 1 << 24, HIGH_FD = 900, TICK_MS = 200, MESSAGE_MS = 2000 };
#define SECOND 1000000000LL
#define EVER UINT64_MAX
#define RESUMABLE (86400 * SECOND) /* no server keeps a session longer whose connection is lost */

typedef struct { uint32_t len; uint8_t type, dir; uint16_t flags; uint32_t conn; uint64_t offset; } __attribute__((packed)) head;
typedef struct command { struct command *next; head h; char data[]; } command;
typedef struct { buf held, out; table table; tokenizer tok; uint64_t asked; } way; /* held: asked about, not consumed; out: to be delivered */
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
    buf pend, last; /* up: what is being written, at one place until it is; what the client offered and was told to offer again */
    size_t done;
    command *queue, **tail;
    int ep, not_ep; /* the epoll set its fd is in, the last one it is not in; how it is registered there */
    uint32_t ep_events;
    uint64_t ep_data;
    void *bio; /* a memory BIO: bytes taken out of it, and of those sent; what we took out and could not send */
    uint64_t taken, sent;
    char end16[16];
    buf rest;
} conn;
typedef long io(conn *, void *, size_t);

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER, ask_lock = PTHREAD_MUTEX_INITIALIZER,
                       queue_lock = PTHREAD_MUTEX_INITIALIZER, scan_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queued = PTHREAD_COND_INITIALIZER;
static conn *_Atomic conns, *_Atomic by_fd[MAX_FD];
static _Atomic uint8_t foreign[MAX_FD], ours[MAX_FD]; /* descriptors that need no look; that are our own */
static atomic_int active, hooked, memory_bios;
static pid_t home; /* our process: a child that did not exec is none of ours */
static int S = -1, A = -1, door = -1, session, deadline_ms = 200;
static uint32_t next_id = 1;
static uint64_t seen; /* the last number received on A */
static _Atomic int64_t owed_until; /* when the last session is over that nobody may resume */
static unsigned char instance[16];
static char path[108];
static __thread conn *cur; /* the connection whose library runs in this thread */
static __thread int io_flags, nowait, reading; /* nowait: nothing the library does in this thread may block */

/* ---- the functions of the client's libraries: hooked, and called by ourselves */
#define TLS_FUNCTIONS(X) \
    X("libssl.so", int, SSL_read, (void *, void *, int)) X("libssl.so", int, SSL_write, (void *, const void *, int)) \
    X("libssl.so", int, SSL_read_ex, (void *, void *, size_t, size_t *)) X("libssl.so", int, SSL_write_ex, (void *, const void *, size_t, size_t *)) \
    X("libssl.so", int, SSL_pending, (const void *)) X("libssl.so", int, SSL_has_pending, (const void *)) \
    X("libssl.so", void, SSL_free, (void *)) X("libssl.so", int, SSL_shutdown, (void *)) X("libcrypto.so", int, BIO_read, (void *, void *, int)) \
    X("libgnutls.so", ssize_t, gnutls_record_recv, (void *, void *, size_t)) X("libgnutls.so", ssize_t, gnutls_record_send, (void *, const void *, size_t)) \
    X("libgnutls.so", size_t, gnutls_record_check_pending, (void *)) X("libgnutls.so", void, gnutls_deinit, (void *)) \
    X("libgnutls.so", int, gnutls_bye, (void *, int)) X("libnspr4.so", int, PR_Close, (void *)) \
    X("libnspr4.so", int, PR_Read, (void *, void *, int)) X("libnspr4.so", int, PR_Write, (void *, const void *, int))
#define SYSTEM_FUNCTIONS(X) \
    X(0, ssize_t, read, (int, void *, size_t)) X(0, ssize_t, write, (int, const void *, size_t)) \
    X(0, ssize_t, recv, (int, void *, size_t, int)) X(0, ssize_t, send, (int, const void *, size_t, int)) \
    X(0, ssize_t, recvfrom, (int, void *, size_t, int, struct sockaddr *, socklen_t *)) \
    X(0, ssize_t, sendto, (int, const void *, size_t, int, const struct sockaddr *, socklen_t)) \
    X(0, ssize_t, readv, (int, const struct iovec *, int)) X(0, ssize_t, writev, (int, const struct iovec *, int)) \
    X(0, ssize_t, recvmsg, (int, struct msghdr *, int)) X(0, ssize_t, sendmsg, (int, const struct msghdr *, int)) \
    X(0, ssize_t, __read_chk, (int, void *, size_t, size_t)) X(0, ssize_t, __recv_chk, (int, void *, size_t, size_t, int)) \
    X(0, int, close, (int)) X(0, int, shutdown, (int, int)) X(0, int, connect, (int, const struct sockaddr *, socklen_t)) \
    X(0, int, poll, (struct pollfd *, nfds_t, int)) X(0, int, __poll_chk, (struct pollfd *, nfds_t, int, size_t)) \
    X(0, int, ppoll, (struct pollfd *, nfds_t, const struct timespec *, const sigset_t *)) \
    X(0, int, select, (int, fd_set *, fd_set *, fd_set *, struct timeval *)) \
    X(0, int, pselect, (int, fd_set *, fd_set *, fd_set *, const struct timespec *, const sigset_t *)) \
    X(0, int, epoll_wait, (int, struct epoll_event *, int, int)) X(0, int, epoll_ctl, (int, int, int, struct epoll_event *)) \
    X(0, int, epoll_pwait, (int, struct epoll_event *, int, int, const sigset_t *))
#define HELPERS(X) \
    X("libssl.so", int, SSL_get_fd, (const void *)) X("libssl.so", void *, SSL_get_wbio, (const void *)) X("libssl.so", int, SSL_want, (const void *)) \
    X("libssl.so", long, SSL_ctrl, (void *, int, long, void *)) X("libcrypto.so", int, BIO_method_type, (const void *)) \
    X("libcrypto.so", size_t, BIO_ctrl_pending, (void *)) X("libcrypto.so", int, ERR_set_mark, (void)) \
    X("libcrypto.so", int, ERR_pop_to_mark, (void)) X("libgnutls.so", void, gnutls_transport_get_int2, (void *, int *, int *)) \
    X("libnspr4.so", int, PR_GetDescType, (void *)) X("libnspr4.so", int, PR_FileDesc2NativeHandle, (void *)) X("libnspr4.so", int, PR_GetError, (void))
#define ORIGINAL(owner, type, name, args) static type(*o_##name) args;
#define HOOK(owner, type, name, args) static type h_##name args;
TLS_FUNCTIONS(ORIGINAL) SYSTEM_FUNCTIONS(ORIGINAL) HELPERS(ORIGINAL) TLS_FUNCTIONS(HOOK) SYSTEM_FUNCTIONS(HOOK)
#define ROW(owner, type, name, args) {owner, #name, (void *)h_##name, (void **)&o_##name},
#define HELPER_ROW(owner, type, name, args) {owner, #name, NULL, (void **)&o_##name},
static const struct { const char *owner, *name; void *mine, **original; } functions[] = {
    TLS_FUNCTIONS(ROW) SYSTEM_FUNCTIONS(ROW) HELPERS(HELPER_ROW)};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}
static int64_t in_ms(int64_t ms) { return now_ns() + ms * 1000000; }
static struct timespec span(int64_t ns) { return ns < 0 ? (struct timespec){0, 0} : (struct timespec){ns / SECOND, ns % SECOND}; }
static int away(void) { return !hooked || cur || getpid() != home; }
/* Whoever holds a lock gives it back: until then no signal's handler runs in the thread (it may say goodbye on the connection, or end
 * the process) and nobody cancels it. */
static __thread struct { int depth, cancel; sigset_t mask; } guard;
static void lock(pthread_mutex_t *m) {
    if (!guard.depth++) {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &guard.mask);
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &guard.cancel);
    }
    pthread_mutex_lock(m);
}
static void unlock(pthread_mutex_t *m) {
    pthread_mutex_unlock(m);
    if (--guard.depth) return;
    pthread_setcancelstate(guard.cancel, NULL);
    pthread_sigmask(SIG_SETMASK, &guard.mask, NULL);
}
/* Our own descriptors: numbers a client does not come to, and which it cannot close with all it does not know. */
static int own(int fd) {
    int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);
    if (high >= 0) o_close(fd), fd = high;
    if (fd >= 0 && fd < MAX_FD) ours[fd] = 1;
    return fd;
}
static void disown(int fd) {
    if (fd >= 0 && fd < MAX_FD) ours[fd] = 0;
    if (fd >= 0) o_close(fd);
}

/* ---- the two sockets */
static void fail_open(void) { /* the lock: the worker closes both, and their numbers may be the client's then */
    lock(&queue_lock);
    if (atomic_exchange(&active, 0)) shutdown(S, SHUT_RDWR), shutdown(A, SHUT_RDWR);
    pthread_cond_broadcast(&queued);
    unlock(&queue_lock);
}
/* All of it before `until` (ns), or 0. */
static int transfer(int fd, void *p, size_t n, int writing, int64_t until) {
    for (size_t k = 0; k < n;) {
        ssize_t r = writing ? send(fd, (char *)p + k, n - k, MSG_NOSIGNAL | MSG_DONTWAIT) : recv(fd, (char *)p + k, n - k, MSG_DONTWAIT);
        if (r > 0) k += (size_t)r;
        if (r > 0) continue;
        int64_t left = until - now_ns();
        if (r == 0 || (errno != EAGAIN && errno != EINTR) || left <= 0) return 0;
        struct timespec t = span(left);
        ppoll(&(struct pollfd){fd, writing ? POLLOUT : POLLIN, 0}, 1, &t, NULL);
    }
    return 1;
}
static int put(int fd, int type, int dir, uint32_t id, uint64_t offset, const void *p, size_t n, int64_t until) {
    char one[sizeof(head) + 4096];
    head h = {(uint32_t)n, (uint8_t)type, (uint8_t)dir, 0, id, offset};
    size_t k = n <= 4096 ? n : 0; /* what is small goes in one piece */
    memcpy(one, &h, sizeof h);
    if (k) memcpy(one + sizeof h, p, k);
    return transfer(fd, one, sizeof h + k, 1, until) && transfer(fd, (char *)p + k, n - k, 1, until);
}
static command *get(int fd, int64_t until) {
    head h;
    command *c = transfer(fd, &h, sizeof h, 0, until) && h.len <= MAX_MESSAGE ? malloc(sizeof *c + h.len) : NULL;
    if (!c) return NULL;
    *c = (command){NULL, h};
    if (transfer(fd, c->data, h.len, 0, until)) return c;
    free(c);
    return NULL;
}

/* ---- connections */
static void wake(conn *c) {
    if (c->wake >= 0 && eventfd_write(c->wake, 1)) return; /* it is awake already */
}
static void awoken(const conn *c) {
    eventfd_t n;
    eventfd_read(c->wake, &n);
}
static int is_stream_socket(int fd, int internet) {
    int domain = 0, type = 0;
    socklen_t n = sizeof domain, m = sizeof type;
    return fd >= 0 && fd < MAX_FD && !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) && !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &m) &&
           type == SOCK_STREAM && (!internet || domain == AF_INET || domain == AF_INET6);
}
/* Its client counts otherwise than its server, and knows the session by the server's own id: it was joined midway. On another connection,
 * and without Quorate, nobody knows how to translate. */
static int owes(const conn *c) {
    return c->live && !c->fresh && c->w[UP].tok.depth && (table_shifts(&c->w[UP].table) || table_shifts(&c->w[DOWN].table));
}
static int owed(void) {
    conn *c = conns;
    while (c && !owes(c)) c = c->next;
    return c || now_ns() < owed_until;
}
static void forget(conn *c) {
    if (owes(c)) owed_until = now_ns() + RESUMABLE;
    if (c->fd >= 0 && by_fd[c->fd] == c) by_fd[c->fd] = NULL;
    if (c->bio) memory_bios--;
    c->bio = NULL;
    c->live = 0;
    if (!c->told) return;
    lock(&ask_lock);
    if (active && c->told == session && !put(S, CLOSED, 0, c->id, 0, "", 0, in_ms(deadline_ms))) fail_open();
    unlock(&ask_lock);
}
static void set_fd(conn *c, int fd) {
    if (!is_stream_socket(fd, 0)) return;
    conn *before = by_fd[fd];
    if (before && before != c && before->lib == PLAIN) forget(before); /* STARTTLS */
    else if (before && before != c) before->fd = -1;
    c->fd = fd;
    c->told = 0;
    by_fd[fd] = c;
}
static void look_at_handle(conn *c) {
    int fd = -1, ignored;
    if (c->lib == PLAIN) fd = (int)(intptr_t)c->key;
    if (c->lib == OPENSSL) fd = o_SSL_get_fd(c->key);
    if (c->lib == GNUTLS && o_gnutls_transport_get_int2) o_gnutls_transport_get_int2(c->key, &fd, &ignored);
    if (c->lib == NSS) fd = o_PR_FileDesc2NativeHandle(c->key);
    set_fd(c, fd);
    if (c->lib != OPENSSL) return;
    o_SSL_ctrl(c->key, 33, 2, NULL); /* SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER: a call begun before us is repeated from our copy */
    void *bio = c->fd < 0 ? o_SSL_get_wbio(c->key) : NULL;
    if (!bio || o_BIO_method_type(bio) != 0x401) return; /* BIO_TYPE_MEM */
    c->bio = bio;
    memory_bios++;
}
static conn *fresh_conn(void) {
    conn *c = conns;
    while (c && (c->live || c->users)) c = c->next;
    if (!c) {
        pthread_mutexattr_t recursive;
        if (!(c = calloc(1, sizeof *c))) return NULL;
        pthread_mutexattr_init(&recursive);
        pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
        pthread_mutex_init(&c->lock, &recursive);
        c->wake = -1;
        c->next = conns;
        conns = c;
    }
    for (command *q = c->queue; q; q = c->queue) c->queue = q->next, free(q);
    for (way *w = c->w; w < c->w + 2; w++) free(w->table.rows), free(w->tok.tag.p), free(w->held.p), free(w->out.p);
    free(c->pend.p), free(c->last.p), free(c->rest.p);
    memset((void *)&c->live, 0, sizeof *c - offsetof(conn, live));
    c->w[DOWN].tok.depth = c->w[UP].tok.depth = -1;
    c->tail = &c->queue;
    c->fd = c->ep = c->not_ep = -1;
    return c;
}
static int is_tcp(void *f) { /* PR_DESC_SOCKET_TCP, or PR_DESC_LAYERED over a socket: NSPR serves files as well */
    int type = o_PR_GetDescType(f);
    return (type == 2 || type == 4) && is_stream_socket(o_PR_FileDesc2NativeHandle(f), 1);
}
/* The connection of a handle; `create`: made if it is new. NULL if the call passes. Every one returned goes through `done`. */
static conn *take(int lib, const void *key, int create) {
    int created = 0;
    if (away() || (lib == NSS && create && !is_tcp((void *)key))) return NULL;
    lock(&list_lock);
    conn *c = conns;
    while (c && !(c->live && c->key == key && c->lib == lib)) c = c->next;
    if (!c && create && (c = fresh_conn())) {
        c->lib = lib;
        c->key = (void *)key;
        c->id = next_id++;
        c->live = created = 1;
    }
    if (c && c->mode == FOREIGN && create && lib != PLAIN) c = NULL; /* a plain one may go on with TLS yet */
    if (c) c->users++;
    unlock(&list_lock);
    if (created) look_at_handle(c);
    return c;
}
static conn *take_fd(int fd) { /* if it is one of ours */
    conn *c = fd >= 0 && fd < MAX_FD ? by_fd[fd] : NULL;
    if (!c || away()) return NULL;
    lock(&list_lock);
    if (!c->live || c->mode != OURS || by_fd[fd] != c) c = NULL;
    else c->users++;
    unlock(&list_lock);
    return c;
}
static long done(conn *c, long r) {
    io_flags = 0;
    c->users--;
    return r;
}

/* ---- what is delivered */
/* Quorate translates counts in it; else we do. */
static int led(const conn *c) { return active && !c->ignored; }
static void deliver_to(buf *out, conn *c, int dir, const void *p, size_t n) {
    way *w = &c->w[dir];
    w->tok.refuse = dir == UP && !led(c) && owed();
    int begun = n && tokenizer_feed(&w->tok, p, n, led(c) && !w->tok.hold ? NULL : &w->table, out);
    if (begun && dir == DOWN && !led(c)) c->w[DOWN].table.n = c->w[UP].table.n = 0;
}
static void deliver(conn *c, int dir, const void *p, size_t n) { deliver_to(&c->w[dir].out, c, dir, p, n); }
static void deliver_held(conn *c, int dir) {
    buf held = c->w[dir].held;
    c->w[dir].held = (buf){0};
    deliver(c, dir, held.p, held.n);
    free(held.p);
}
static int consume(conn *c, int dir, const command *q) {
    uint32_t n;
    if (q->h.len < 4 || (memcpy(&n, q->data, 4), n > c->w[dir].held.n)) return 0;
    buf_cut(&c->w[dir].held, n);
    deliver(c, dir, q->data + 4, q->h.len - 4);
    return 1;
}
static void set_table(way *w, const command *q) {
    uint32_t n = 0;
    if (q->h.len >= 4) memcpy(&n, q->data, 4);
    row *rows = q->h.len < 4 || n != (q->h.len - 4) / sizeof(row) ? NULL : realloc(w->table.rows, (n + 1) * sizeof(row));
    if (!rows) return;
    w->table.rows = rows;
    memcpy(w->table.rows, q->data + 4, n * sizeof(row));
    w->table.n = n;
    if (q->h.flags & 1) tokenizer_between_stanzas(&w->tok);
}
/* Does what came on A for it, up to this number. `judged`: a verdict names it, so tables that wait for it hold. */
static void run_queue(conn *c, uint64_t upto, int judged) {
    for (;;) {
        lock(&queue_lock);
        command *q = c->queue;
        if (q && (q->h.offset > upto || (active && !judged && q->h.type == TABLE && q->h.flags & 2))) q = NULL;
        if (q && !(c->queue = q->next)) c->tail = &c->queue;
        unlock(&queue_lock);
        if (!q) return;
        int dir = q->h.dir & 1;
        if (q->h.type == INJECT) deliver(c, dir, q->data, q->h.len);
        if (q->h.type == REPL && !consume(c, dir, q)) fail_open();
        if (q->h.type == TABLE && (judged || !(q->h.flags & 2))) set_table(&c->w[dir], q);
        if (q->h.type == IGNORE) {
            c->ignored = 1;
            deliver_held(c, DOWN);
            deliver_held(c, UP);
        }
        free(q);
    }
}
static void settle(conn *c) {
    run_queue(c, EVER, 0);
    if (active) return;
    deliver_held(c, DOWN);
    deliver_held(c, UP);
}
static int clean(const conn *c) {
    return !(c->pend.n | c->last.n | c->rest.n | c->w[0].held.n | c->w[0].out.n | c->w[0].table.n | c->w[0].tok.hold | c->w[1].held.n | c->w[1].out.n |
             c->w[1].table.n | c->w[1].tok.hold) && !c->queue;
}

/* ---- asking */
static int tell(conn *c, int64_t until) { /* OPEN; with ask_lock held */
    static const char *const names[] = {"plain", "openssl", "gnutls", "nss"};
    struct sockaddr_storage peer = {0};
    socklen_t size = sizeof peer;
    char host[64] = "", port[16] = "", *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    if (!f) return 0;
    if (c->fd >= 0 && !getpeername(c->fd, (void *)&peer, &size) && peer.ss_family != AF_UNIX)
        getnameinfo((void *)&peer, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    fprintf(f, "lib=%s\nfd=%d\npeer=%s %s\nwake=%d\nfresh=%d\n", names[c->lib], c->fd, host, port, !c->bio, c->fresh);
    for (int d = 0; d < 2; d++) {
        const char *side = d == UP ? "up" : "down";
        const way *w = &c->w[d];
        if (w->tok.depth >= 0) fprintf(f, "%s_depth=%d\n", side, w->tok.depth);
        fprintf(f, "%s_table=", side);
        for (uint32_t i = 0; i < w->table.n; i++) fprintf(f, "%u:%d,", w->table.rows[i].from, w->table.rows[i].shift);
        fputc('\n', f);
    }
    fclose(f);
    int sent = put(S, OPEN, 0, c->id, 0, text, n, until);
    free(text);
    c->told = session;
    return sent;
}
static int received(uint64_t number, int64_t until) { /* has the worker everything up to it? */
    struct timespec at = span(until);
    int late = 0;
    lock(&queue_lock);
    while (active && seen < number && !late) late = pthread_cond_clockwait(&queued, &queue_lock, CLOCK_MONOTONIC, &at);
    int there = seen >= number;
    unlock(&queue_lock);
    return there;
}
static command *ask(conn *c, int dir, const void *p, size_t n) { /* NULL: go on without */
    way *w = &c->w[dir];
    command *v = NULL;
    if (!active || c->ignored || !c->live) return NULL;
    lock(&ask_lock);
    int64_t until = in_ms(deadline_ms);
    if (active && (c->told == session || tell(c, until)) && put(S, DATA, dir, c->id, w->asked, p, n, until)) v = get(S, until);
    int sense = v && v->h.conn == c->id && (v->h.type == PASS || v->h.type == REPL || v->h.type == IGNORE) && received(v->h.offset, until);
    if (!sense) fail_open(), free(v);
    unlock(&ask_lock);
    w->asked += n;
    return sense ? v : NULL;
}
/* What becomes of new bytes: 1 if they may be handed on where they are, 0 if what is to be delivered is in `out`. */
static int judge(conn *c, int dir, const void *p, size_t n, int in_place) {
    way *w = &c->w[dir];
    command *v = ask(c, dir, p, n);
    run_queue(c, v ? v->h.offset : EVER, v != NULL);
    if (v && v->h.type == IGNORE) c->ignored = 1;
    if (v && v->h.type == REPL) {
        buf_add(&w->held, p, n);
        if (!consume(c, dir, v)) fail_open();
        in_place = 0;
    } else {
        deliver_held(c, dir);
        in_place = in_place && !w->out.n && !w->tok.hold && (led(c) || !w->table.n);
        deliver_to(in_place ? NULL : &w->out, c, dir, p, n);
    }
    free(v);
    settle(c);
    if (c->ignored && clean(c)) c->mode = FOREIGN;
    return in_place;
}
static int looks(int dir, const char *p, size_t n) { /* like XMPP? by the first bytes seen */
    while (n && isspace((unsigned char)*p)) p++, n--;
    if (n && *p == '<' && (n == 1 || isalpha((unsigned char)p[1]) || p[1] == '?' || p[1] == '/')) return OURS;
    return n && dir == UP ? FOREIGN : UNKNOWN;
}
static void pass_over(const conn *c) { /* says that there is one that is none of ours */
    lock(&ask_lock);
    if (active && !put(S, OTHER, 0, c->id, 0, NULL, 0, in_ms(deadline_ms))) fail_open();
    unlock(&ask_lock);
}
static void scan(int putting);
static void classify(conn *c, int dir, const char *p, size_t n) {
    int before = c->mode, hello = c->lib == PLAIN && dir == UP && n && *p == 0x16; /* of TLS: the library that wrote it is mapped by now */
    if (hello) c->mode = FOREIGN;
    else if (c->mode == UNKNOWN && (c->mode = looks(dir, p, n)) == FOREIGN) pass_over(c);
    if (c->mode == FOREIGN && c->lib == PLAIN && c->live) {
        if (c->fd >= 0) foreign[c->fd] = 1;
        forget(c);
    }
    if (hello) scan(1);
    if (c->mode != OURS || before == OURS) return;
    if (c->wake < 0) c->wake = own(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    c->fresh = dir == UP && n > 1 && (p[1] == '?' || !strncmp(p, "<stream:stream", n < 14 ? n : 14));
    if (c->fresh) c->w[UP].tok.depth = c->w[DOWN].tok.depth = 0;
}

/* ---- reading and writing */
#define INSIDE(call) \
    conn *before = cur; \
    cur = c; \
    long r = (long)(call); \
    cur = before; \
    return r
static int small(size_t n) { return n > INT_MAX ? INT_MAX : (int)n; }
static long ssl_read(conn *c, void *b, size_t n) { INSIDE(o_SSL_read(c->key, b, small(n))); }
static long ssl_write(conn *c, void *b, size_t n) { INSIDE(o_SSL_write(c->key, b, small(n))); }
static long gnutls_recv(conn *c, void *b, size_t n) { INSIDE(o_gnutls_record_recv(c->key, b, n)); }
static long gnutls_send(conn *c, void *b, size_t n) { INSIDE(o_gnutls_record_send(c->key, b, n)); }
static long pr_read(conn *c, void *b, size_t n) { INSIDE(o_PR_Read(c->key, b, small(n))); }
static long pr_write(conn *c, void *b, size_t n) { INSIDE(o_PR_Write(c->key, b, small(n))); }
static long plain_recv(conn *c, void *b, size_t n) { INSIDE(o_recv((int)(intptr_t)c->key, b, n, io_flags | (nowait ? MSG_DONTWAIT : 0))); }
static long plain_send(conn *c, void *b, size_t n) { INSIDE(o_send((int)(intptr_t)c->key, b, n, io_flags | (nowait ? MSG_DONTWAIT : 0))); }
static io *const writers[] = {plain_send, ssl_write, gnutls_send, pr_write};

static int may_retry(const conn *c, long r) { /* after a call that failed: would it have blocked? */
    if (c->lib == OPENSSL) return o_SSL_want(c->key) == 2 || o_SSL_want(c->key) == 3;
    if (c->lib == GNUTLS) return r == -28 || r == -52;
    if (c->lib == NSS) return r < 0 && o_PR_GetError() == -5998; /* PR_WOULD_BLOCK_ERROR */
    return r < 0 && (errno == EAGAIN || errno == EINTR);
}
static int blocks(const conn *c) { /* NSPR waits for itself, above a descriptor that does not block */
    return c->fd >= 0 && !(io_flags & MSG_DONTWAIT) && !(fcntl(c->fd, F_GETFL) & O_NONBLOCK);
}
static long unlock_with(conn *c, long r) {
    int e = errno;
    nowait = 0;
    unlock(&c->lock);
    errno = e;
    return r;
}
/* Writes what is to go up. Positive when all is written, else what the library said. */
static long flush_up(conn *c, io *write_) {
    for (c->stuck = 0;;) {
        if (!c->pend.n) {
            buf b = c->pend;
            c->pend = c->w[UP].out;
            c->w[UP].out = b;
            c->done = 0;
        }
        if (!c->pend.n) return 1;
        long r = write_(c, c->pend.p + c->done, c->pend.n - c->done);
        if (r <= 0) c->stuck = may_retry(c, r);
        if (r <= 0) return r;
        if ((c->done += (size_t)r) == c->pend.n) buf_cut(&c->pend, c->pend.n);
    }
}
static long flush_and_wait(conn *c, io *write_, int patient) { /* a blocking client waits here, and others may read meanwhile */
    long r;
    while ((r = flush_up(c, write_)) <= 0 && patient && c->stuck) {
        unlock(&c->lock);
        o_poll(&(struct pollfd){c->fd, POLLOUT, 0}, 1, -1);
        lock(&c->lock);
    }
    return r;
}
static int flush_rest(conn *c) { /* 0: it would block */
    ssize_t r = 0;
    for (; c->rest.n && r >= 0; buf_cut(&c->rest, r > 0 ? (size_t)r : 0)) r = o_send(c->fd, c->rest.p, c->rest.n, MSG_NOSIGNAL | MSG_DONTWAIT);
    return !c->rest.n;
}
static void serve(conn *c) { /* in a thread of the client's, between its calls: does what is queued */
    int e = errno, before = io_flags;
    char b[4096];
    lock(&c->lock);
    settle(c);
    c->stuck = c->bio && !flush_rest(c);
    if (c->live && !c->stuck && (c->pend.n || c->w[UP].out.n) &&
        (!c->bio || (c->fd >= 0 && c->taken == c->sent && !o_BIO_ctrl_pending(c->bio)))) {
        if (c->lib == OPENSSL) o_ERR_set_mark();
        io_flags = MSG_NOSIGNAL;
        nowait = 1;
        flush_up(c, writers[c->lib]);
        if (c->lib == OPENSSL) o_ERR_pop_to_mark();
        for (int r; c->bio && (r = o_BIO_read(c->bio, b, sizeof b)) > 0;) buf_add(&c->rest, b, (size_t)r);
        if (c->bio) c->stuck = !flush_rest(c);
    }
    unlock_with(c, 0);
    io_flags = before;
    errno = e;
}
static long do_write(conn *c, const char *p, size_t n, io *write_) {
    lock(&c->lock);
    if (c->mode == UNKNOWN || (c->lib == PLAIN && n && *p == 0x16)) classify(c, UP, p, n);
    if (c->mode != OURS) return unlock_with(c, 0), write_(c, (void *)p, n);
    int patient = nowait = blocks(c);
    settle(c);
    long r = flush_and_wait(c, write_, patient);
    int e = errno;
    if (c->last.n) { /* the client repeats a call that would have blocked */
        size_t k = !p || c->last.n < n ? c->last.n : n;
        if (r <= 0) return unlock_with(c, r);
        int same = !p || !memcmp(p, c->last.p, k);
        buf_cut(&c->last, same ? k : c->last.n);
        if (same) return unlock_with(c, (long)k);
    }
    for (size_t k, at = 0; at < n; at += k) judge(c, UP, p + at, k = n - at < ASK ? n - at : ASK, 0);
    if (r > 0) r = flush_and_wait(c, write_, patient), e = errno;
    if (r <= 0) buf_add(&c->last, p, n);
    errno = e; /* why it failed, not what asking met */
    return unlock_with(c, r > 0 ? (long)n : r);
}
/* A blocking client sleeps here, where we can wake it, and not inside its library. 0: its time limit; -1: a signal. */
static int wait_readable(conn *c) {
    struct timeval limit = {0};
    socklen_t size = sizeof limit;
    getsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, &size);
    int64_t ms = limit.tv_sec * 1000LL + limit.tv_usec / 1000;
    for (;;) {
        serve(c);
        struct pollfd f[2] = {{c->fd, POLLIN, 0}, {c->wake, POLLIN, 0}};
        if (c->w[DOWN].out.n) return 1;
        int r = o_poll(f, 2, ms ? small((size_t)ms) : -1);
        if (r > 0 && f[1].revents & POLLNVAL) c->wake = -1;
        else if (r > 0 && f[1].revents) awoken(c);
        if (r <= 0 || f[0].revents) return r <= 0 ? r : 1;
    }
}
static long do_read(conn *c, char *b, size_t n, io *read_) {
    way *w = &c->w[DOWN];
    long r = 0;
    for (int waits, woken = 1;; waits ? woken = wait_readable(c) : 0) {
        int mode = c->mode, first = mode != OURS;
        waits = !first && blocks(c);
        if (first && ((r = read_(c, b, n)) <= 0 || mode == FOREIGN)) return r;
        lock(&c->lock);
        nowait = waits;
        if (first) classify(c, DOWN, b, (size_t)r);
        if (first && c->mode != OURS) return unlock_with(c, r);
        settle(c);
        if (w->out.n && !first) {
            memcpy(b, w->out.p, (size_t)(r = (long)(w->out.n < n ? w->out.n : n)));
            buf_cut(&w->out, (size_t)r);
            return unlock_with(c, r);
        }
        reading = !first && (c->lib == GNUTLS || c->lib == NSS);
        if (!first) r = read_(c, b, n);
        reading = 0;
        if (r > 0 && judge(c, DOWN, b, (size_t)r, 1)) return unlock_with(c, r);
        int later = r <= 0 && may_retry(c, r);
        if (r <= 0 && !later && !w->held.n) return unlock_with(c, r);
        if (r <= 0 && !later) deliver_held(c, DOWN); /* the stream ends with an unfinished stanza */
        unlock_with(c, 0);
        if (later && waits && woken < 0 && c->lib == PLAIN) errno = EINTR;
        if (later && (!waits || woken <= 0)) return r;
        if (w->out.n || !later) waits = 0;
    }
}

/* ---- hooks: TLS */
#define TRANSFER_HOOK(name, lib, type, pointer, size, how, raw) \
    static type h_##name(void *s, pointer b, size n) { \
        conn *c = n > 0 ? take(lib, s, 1) : NULL; \
        return c ? (type)done(c, how(c, b, (size_t)n, raw)) : o_##name(s, b, n); \
    }
#define TRANSFER_EX_HOOK(name, pointer, how, raw) \
    static int h_##name(void *s, pointer b, size_t n, size_t *k) { \
        conn *c = n > 0 ? take(OPENSSL, s, 1) : NULL; \
        long r = c ? done(c, how(c, b, n, raw)) : 0; \
        if (r > 0) *k = (size_t)r; \
        return c ? r > 0 : o_##name(s, b, n, k); \
    }
TRANSFER_HOOK(SSL_read, OPENSSL, int, void *, int, do_read, ssl_read)
TRANSFER_HOOK(SSL_write, OPENSSL, int, const void *, int, do_write, ssl_write)
TRANSFER_EX_HOOK(SSL_read_ex, void *, do_read, ssl_read)
TRANSFER_EX_HOOK(SSL_write_ex, const void *, do_write, ssl_write)
TRANSFER_HOOK(gnutls_record_recv, GNUTLS, ssize_t, void *, size_t, do_read, gnutls_recv)
TRANSFER_HOOK(PR_Read, NSS, int, void *, int, do_read, pr_read)
TRANSFER_HOOK(PR_Write, NSS, int, const void *, int, do_write, pr_write)
static ssize_t h_gnutls_record_send(void *s, const void *b, size_t n) { /* (NULL, 0) repeats the last */
    conn *c = take(GNUTLS, s, n > 0);
    if (c && !n && !c->last.n) c = (done(c, 0), NULL);
    return c ? done(c, do_write(c, b, n, gnutls_send)) : o_gnutls_record_send(s, b, n);
}
static size_t surplus(int lib, const void *key) {
    conn *c = take(lib, key, 0);
    return c ? (size_t)done(c, (long)c->w[DOWN].out.n) : 0;
}
static int h_SSL_pending(const void *s) { return small((size_t)o_SSL_pending(s) + surplus(OPENSSL, s)); }
static int h_SSL_has_pending(const void *s) { return o_SSL_has_pending(s) || surplus(OPENSSL, s); }
static size_t h_gnutls_record_check_pending(void *s) { return o_gnutls_record_check_pending(s) + surplus(GNUTLS, s); }
/* A handle says goodbye or dies: what is held goes out first. */
static void before_end(int lib, const void *key, int speaks, int dies) {
    conn *c = take(lib, key, 0);
    if (!c) return;
    lock(&c->lock);
    deliver_held(c, UP);
    unlock(&c->lock);
    if (speaks && c->mode == OURS) serve(c);
    if (dies) forget(c);
    done(c, 0);
}
static int h_SSL_shutdown(void *s) { return before_end(OPENSSL, s, 1, 0), o_SSL_shutdown(s); }
static void h_SSL_free(void *s) { before_end(OPENSSL, s, 0, 1), o_SSL_free(s); }
static int h_gnutls_bye(void *s, int how) { return before_end(GNUTLS, s, 1, 0), o_gnutls_bye(s, how); }
static void h_gnutls_deinit(void *s) { before_end(GNUTLS, s, 0, 1), o_gnutls_deinit(s); }
static int h_PR_Close(void *f) { return before_end(NSS, f, 1, 1), o_PR_Close(f); }
static int h_BIO_read(void *bio, void *b, int n) {
    int r = o_BIO_read(bio, b, n);
    if (r <= 0 || !memory_bios || away()) return r;
    lock(&list_lock);
    for (conn *c = conns; c; c = c->next) {
        if (!c->live || c->bio != bio) continue;
        c->taken += (uint64_t)r;
        if (r >= 16) memcpy(c->end16, (char *)b + r - 16, 16);
    }
    unlock(&list_lock);
    return r;
}

/* ---- hooks: sockets */
static conn *plain(int fd) {
    if (fd < 0 || fd >= MAX_FD || (foreign[fd] && !cur) || !hooked) return NULL;
    if (cur && cur->fd < 0 && !cur->bio) set_fd(cur, fd); /* GIO and its like: the library's own reading tells */
    conn *c = by_fd[fd];
    if (cur || (c && c->lib != PLAIN)) return NULL;
    if (!c && (foreign[fd] = !is_stream_socket(fd, 1))) return NULL;
    return take(PLAIN, (void *)(intptr_t)fd, 1);
}
static int bio_first(int fd) { /* what we took from a memory BIO goes before what the client did; 0 if it cannot yet */
    conn *c = memory_bios ? take_fd(fd) : NULL;
    return !c || done(c, !c->bio || flush_rest(c));
}
static void bio_sent(int fd, const char *p, size_t n, ssize_t r) {
    if (r <= 0 || !memory_bios || fd < 0 || fd >= MAX_FD || away()) return;
    conn *c = by_fd[fd];
    if (c && c->bio) c->sent += (uint64_t)r;
    if (c || (size_t)r != n || n < 16) return;
    lock(&list_lock); /* the last bytes out of a BIO are the last bytes sent: it is this descriptor's */
    for (c = conns; c && !(c->live && c->bio && c->fd < 0 && !memcmp(c->end16, p + n - 16, 16));) c = c->next;
    if (c) c->users++;
    unlock(&list_lock);
    if (!c) return;
    set_fd(c, fd);
    c->sent = c->taken;
    done(c, 0);
}
#define RECEIVE(fd, b, n, flags, original) \
    conn *c = (n) && !((flags) & ~(MSG_DONTWAIT | MSG_NOSIGNAL)) ? plain(fd) : NULL; \
    if (!c) return cur && nowait && fd == cur->fd ? o_recv(fd, b, n, MSG_DONTWAIT) : original; \
    io_flags = flags; \
    return done(c, do_read(c, b, n, plain_recv))
#define SEND(fd, p, n, flags, original) \
    conn *c = (n) && !((flags) & ~(MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE)) ? plain(fd) : NULL; \
    if (!c && cur && nowait && fd == cur->fd) return o_send(fd, p, n, (flags) | MSG_DONTWAIT); \
    if (!c && !bio_first(fd)) return -1; \
    if (!c) { \
        ssize_t r = original; \
        return bio_sent(fd, p, n, r), r; \
    } \
    io_flags = flags; \
    return done(c, do_write(c, p, n, plain_send))
static ssize_t h_read(int fd, void *b, size_t n) { RECEIVE(fd, b, n, 0, o_read(fd, b, n)); }
static ssize_t h_recv(int fd, void *b, size_t n, int f) { RECEIVE(fd, b, n, f, o_recv(fd, b, n, f)); }
static ssize_t h_recvfrom(int fd, void *b, size_t n, int f, struct sockaddr *a, socklen_t *l) { RECEIVE(fd, b, n, a ? MSG_OOB : f, o_recvfrom(fd, b, n, f, a, l)); }
static ssize_t h___read_chk(int fd, void *b, size_t n, size_t k) { return n > k ? o___read_chk(fd, b, n, k) : h_read(fd, b, n); }
static ssize_t h___recv_chk(int fd, void *b, size_t n, size_t k, int f) { return n > k ? o___recv_chk(fd, b, n, k, f) : h_recv(fd, b, n, f); }
static ssize_t h_write(int fd, const void *p, size_t n) { SEND(fd, p, n, 0, o_write(fd, p, n)); }
static ssize_t h_send(int fd, const void *p, size_t n, int f) { SEND(fd, p, n, f, o_send(fd, p, n, f)); }
static ssize_t h_sendto(int fd, const void *p, size_t n, int f, const struct sockaddr *a, socklen_t l) { SEND(fd, p, n, a ? MSG_OOB : f, o_sendto(fd, p, n, f, a, l)); }
static int whole(int fd) { /* may parts be joined, or only one be used? */
    return fd >= 0 && fd < MAX_FD && (memory_bios || by_fd[fd] || !foreign[fd]) && is_stream_socket(fd, 1) && hooked;
}
static ssize_t gather(int fd, const struct iovec *v, size_t k, int f) {
    buf b = {0};
    for (size_t i = 0; i < k; i++) buf_add(&b, v[i].iov_base, v[i].iov_len);
    ssize_t r = h_send(fd, b.p, b.n, f);
    int e = errno;
    free(b.p);
    errno = e;
    return r;
}
static ssize_t scatter(int fd, const struct iovec *v, size_t k, int f) { /* fewer bytes than there is room for are always allowed */
    while (k > 1 && !v->iov_len) v++, k--;
    return h_recv(fd, v->iov_base, v->iov_len, f);
}
static ssize_t h_writev(int fd, const struct iovec *v, int k) { return k > 0 && whole(fd) ? gather(fd, v, (size_t)k, 0) : o_writev(fd, v, k); }
static ssize_t h_readv(int fd, const struct iovec *v, int k) { return k > 0 && whole(fd) ? scatter(fd, v, (size_t)k, 0) : o_readv(fd, v, k); }
static ssize_t h_sendmsg(int fd, const struct msghdr *m, int f) {
    return !m->msg_controllen && !m->msg_namelen && !(f & ~(MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE)) && whole(fd) ? gather(fd, m->msg_iov, m->msg_iovlen, f) : o_sendmsg(fd, m, f);
}
static ssize_t h_recvmsg(int fd, struct msghdr *m, int f) {
    if (!m->msg_iovlen || f & ~(MSG_DONTWAIT | MSG_NOSIGNAL | MSG_CMSG_CLOEXEC) || !whole(fd)) return o_recvmsg(fd, m, f);
    m->msg_namelen = 0;
    m->msg_controllen = 0;
    m->msg_flags = 0;
    return scatter(fd, m->msg_iov, m->msg_iovlen, f & ~MSG_CMSG_CLOEXEC);
}
static void fd_ends(int fd, int dies) {
    conn *c = fd >= 0 && fd < MAX_FD ? by_fd[fd] : NULL;
    if (fd >= 0 && fd < MAX_FD && dies) foreign[fd] = 0;
    if (!c || away()) return;
    if (c->lib == PLAIN) before_end(PLAIN, c->key, 1, dies);
    else if (dies) {
        by_fd[fd] = NULL;
        c->fd = -1;
    }
}
static int h_close(int fd) {
    int here = getpid() == home;
    if (here && fd >= 0 && fd < MAX_FD && ours[fd]) return 0;
    fd_ends(fd, 1);
    for (conn *c = here ? conns : NULL; c; c = c->next) { /* it may be an epoll set's */
        if (c->ep == fd) c->ep = -1;
        if (c->not_ep == fd) c->not_ep = -1;
    }
    return o_close(fd);
}
static int h_shutdown(int fd, int how) { return fd_ends(fd, 0), o_shutdown(fd, how); }
static void before_connect(int fd) {
    if (away()) return;
    if (fd >= 0 && fd < MAX_FD && (!by_fd[fd] || by_fd[fd]->lib == PLAIN)) fd_ends(fd, 1);
    scan(1);
}
static int h_connect(int fd, const struct sockaddr *a, socklen_t n) { return before_connect(fd), o_connect(fd, a, n); }
/* Found by modules that are loaded after LD_PRELOAD put us in: this scan then finds what else they call. */
__attribute__((visibility("default"))) int connect(int fd, const struct sockaddr *a, socklen_t n) {
    static int (*next)(int, const struct sockaddr *, socklen_t);
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, "connect");
    return before_connect(fd), next(fd, a, n);
}

/* ---- hooks: sleeping */
typedef struct { conn *c; int wants, at; } sleeper; /* wants: to read; at: its place in the client's list */
static int has_surplus(const sleeper *s) { return s->wants && s->c->w[DOWN].out.n && !s->c->bio; }
static int64_t left_of(int64_t until) { return until < 0 ? SECOND * 86400 : until - now_ns(); }
static int64_t until_ms(int ms) { return ms < 0 ? -1 : in_ms(ms); }
static int64_t until_ts(const struct timespec *t) { return t ? now_ns() + (t->tv_sec < SECOND ? t->tv_sec : SECOND) * SECOND + t->tv_nsec : -1; }
static void add_sleeper(sleeper *own, int *k, int fd, int wants, int at) {
    conn *c = *k < MAX_OWN ? take_fd(fd) : NULL;
    if (c) own[(*k)++] = (sleeper){c, wants, at};
}
/* Sleeps as ppoll does, but does what is queued for our connections meanwhile; ends as well when one of them has something to read.
 * `until`: ns, negative for ever. Leaves `own` to nobody. */
static int doze(struct pollfd *f, nfds_t n, sleeper *own, int k, int64_t until, const sigset_t *mask) {
    struct pollfd g[MAX_POLL + 2 * MAX_OWN];
    int r, ready = 0, woken = 1;
    memcpy(g, f, n * sizeof *f);
    do {
        for (int j = 0; j < k; j++) {
            serve(own[j].c);
            ready |= has_surplus(&own[j]);
            g[n + 2 * (nfds_t)j] = (struct pollfd){own[j].c->wake, POLLIN, 0};
            g[n + 2 * (nfds_t)j + 1] = (struct pollfd){own[j].c->stuck ? own[j].c->fd : -1, POLLOUT, 0};
        }
        struct timespec t = span(ready ? 0 : left_of(until));
        if ((r = o_ppoll(g, n + 2 * (nfds_t)k, until < 0 && !ready ? NULL : &t, mask)) < 0) break;
        woken = r = 0;
        for (int j = 0; j < k; j++) {
            woken |= g[n + 2 * (nfds_t)j].revents || g[n + 2 * (nfds_t)j + 1].revents;
            if (g[n + 2 * (nfds_t)j].revents & POLLNVAL) own[j].c->wake = -1; /* the client has closed it, past our hooks */
            else if (g[n + 2 * (nfds_t)j].revents) awoken(own[j].c);
            if (woken) serve(own[j].c);
            ready |= has_surplus(&own[j]);
            if (has_surplus(&own[j]) && own[j].at >= 0) g[own[j].at].revents |= POLLIN;
        }
        for (nfds_t i = 0; i < n; i++) r += (f[i].revents = g[i].revents) != 0;
    } while (!r && !ready && woken && left_of(until) > 0);
    for (int j = 0; j < k; j++) done(own[j].c, 0);
    return r;
}
/* The library sleeps in a read of its own: others may write meanwhile, as they may without us. */
static int sleep_inside(struct pollfd *f, nfds_t n, const struct timespec *t, const sigset_t *mask) {
    conn *c = cur;
    reading = 0;
    unlock(&c->lock);
    int r = o_ppoll(f, n, t, mask), e = errno;
    lock(&c->lock);
    reading = 1;
    errno = e;
    return r;
}
static int h_ppoll(struct pollfd *f, nfds_t n, const struct timespec *t, const sigset_t *mask) {
    sleeper own[MAX_OWN];
    int k = 0;
    if (cur && reading) return sleep_inside(f, n, t, mask);
    for (nfds_t i = 0; i < n && n <= MAX_POLL; i++) add_sleeper(own, &k, f[i].fd, f[i].events & POLLIN, (int)i);
    return k ? doze(f, n, own, k, until_ts(t), mask) : o_ppoll(f, n, t, mask);
}
static int h_poll(struct pollfd *f, nfds_t n, int ms) {
    struct timespec t = span(ms * 1000000LL);
    return h_ppoll(f, n, ms < 0 ? NULL : &t, NULL);
}
static int h___poll_chk(struct pollfd *f, nfds_t n, int ms, size_t k) { return k / sizeof *f < n ? o___poll_chk(f, n, ms, k) : h_poll(f, n, ms); }
static int h_pselect(int n, fd_set *r, fd_set *w, fd_set *e, const struct timespec *t, const sigset_t *mask) {
    sleeper own[MAX_OWN];
    struct pollfd f[MAX_POLL];
    int k = 0, m = 0, count = 0;
    for (int fd = 0; fd < n && n <= FD_SETSIZE && m < MAX_POLL; fd++) {
        short events = (short)((r && FD_ISSET(fd, r) ? POLLIN : 0) | (w && FD_ISSET(fd, w) ? POLLOUT : 0) | (e && FD_ISSET(fd, e) ? POLLPRI : 0));
        if (events & POLLIN) add_sleeper(own, &k, fd, 1, m);
        if (events) f[m++] = (struct pollfd){fd, events, 0};
    }
    if (!k || m == MAX_POLL) {
        while (k) done(own[--k].c, 0);
        return o_pselect(n, r, w, e, t, mask);
    }
    if ((count = doze(f, (nfds_t)m, own, k, until_ts(t), mask)) < 0) return count;
    for (int i = 0; i < m; i++)
        if (f[i].revents & POLLNVAL) return errno = EBADF, -1;
    for (int i = count = 0; i < m; i++) { /* as the kernel's select counts */
        int got = f[i].revents, fd = f[i].fd, in = got & (POLLIN | POLLHUP | POLLERR), out = got & (POLLOUT | POLLERR);
        if (r && FD_ISSET(fd, r)) in ? count++ : FD_CLR(fd, r);
        if (w && FD_ISSET(fd, w)) out ? count++ : FD_CLR(fd, w);
        if (e && FD_ISSET(fd, e)) got & POLLPRI ? count++ : FD_CLR(fd, e);
    }
    return count;
}
static int h_select(int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *tv) {
    if (tv && (tv->tv_sec < 0 || tv->tv_usec < 0)) return o_select(n, r, w, e, tv);
    struct timespec t = tv ? (struct timespec){tv->tv_sec + tv->tv_usec / 1000000, tv->tv_usec % 1000000 * 1000} : span(0);
    int64_t until = tv ? until_ts(&t) : -1;
    int result = h_pselect(n, r, w, e, tv ? &t : NULL, NULL);
    t = span(left_of(until));
    if (tv) *tv = (struct timeval){t.tv_sec, t.tv_nsec / 1000}; /* Linux leaves the rest of the time there */
    return result;
}
static int in_epoll(conn *c, int ep) { /* is its descriptor in this set, and how? */
    char line[256];
    unsigned fd, events;
    unsigned long long data;
    if (c->ep == ep || c->fd < 0 || c->not_ep == ep) return c->ep == ep && c->fd >= 0;
    c->not_ep = ep;
    snprintf(line, sizeof line, "/proc/self/fdinfo/%d", ep);
    FILE *f = fopen(line, "re");
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "tfd: %u events: %x data: %llx", &fd, &events, &data) != 3 || (int)fd != c->fd) continue;
        c->ep = ep;
        c->ep_events = events;
        c->ep_data = data;
    }
    if (f) fclose(f);
    return c->ep == ep;
}
static int h_epoll_ctl(int ep, int op, int fd, struct epoll_event *e) {
    conn *c = fd >= 0 && fd < MAX_FD ? by_fd[fd] : NULL;
    if (c && !away()) c->ep = c->not_ep = -1; /* looked up again when it is waited for */
    return o_epoll_ctl(ep, op, fd, e);
}
static int h_epoll_pwait(int ep, struct epoll_event *ev, int max, int ms, const sigset_t *mask) {
    sleeper own[MAX_OWN];
    int k = 0, r;
    for (int64_t until = until_ms(ms);;) {
        if (!away()) {
            lock(&list_lock);
            for (conn *c = conns; c && k < MAX_OWN; c = c->next)
                if (c->live && c->mode == OURS && in_epoll(c, ep)) own[k++] = (sleeper){c, (c->ep_events & (EPOLLIN | EPOLLONESHOT)) == EPOLLIN, -1}, c->users++;
            unlock(&list_lock);
        }
        if (!k) return o_epoll_pwait(ep, ev, max, ms, mask);
        conn *readable = NULL;
        struct pollfd f = {ep, POLLIN, 0};
        if (doze(&f, 1, own, k, until, mask) < 0) return -1;
        if ((r = o_epoll_pwait(ep, ev, max, 0, NULL)) < 0) return r;
        for (int j = 0, i; j < k; j++) {
            if (!has_surplus(&own[j])) continue;
            readable = own[j].c;
            for (i = 0; i < r && ev[i].data.u64 != readable->ep_data;) i++;
            if (i == r && r < max) ev[r++] = (struct epoll_event){.events = 0, .data.u64 = readable->ep_data};
            if (i < r) ev[i].events |= EPOLLIN;
        }
        if (r || left_of(until) <= 0) return r;
        k = 0;
    }
}
static int h_epoll_wait(int ep, struct epoll_event *ev, int max, int ms) { return h_epoll_pwait(ep, ev, max, ms, NULL); }

/* ---- putting the hooks in, and taking them out: slots of the global offset tables */
static unsigned long long scanned;
static int slots;
static const char *const owners[] = {"libssl.so", "libcrypto.so", "libgnutls.so", "libnspr4.so"};
typedef struct { char at[4][PATH_MAX]; unsigned long long adds; int putting; uintptr_t self; } walk;

static const char *base_of(const char *name) { return strrchr(name, '/') ? strrchr(name, '/') + 1 : name; }
static int note(struct dl_phdr_info *m, size_t size, void *x) {
    walk *w = x;
    (void)size;
    w->adds = m->dlpi_adds + (m->dlpi_subs << 32);
    for (int i = 0; i < 4; i++)
        if (!*w->at[i] && !strncmp(base_of(m->dlpi_name), owners[i], strlen(owners[i]))) snprintf(w->at[i], PATH_MAX, "%s", m->dlpi_name);
    return 0;
}
static void resolve(const char *owner, void *handle) {
    for (int i = 0; i < FUNCTIONS; i++)
        if (!*functions[i].original && (owner ? functions[i].owner && !strcmp(functions[i].owner, owner) : !functions[i].owner))
            *functions[i].original = dlsym(handle, functions[i].name);
}
static int contains(const struct dl_phdr_info *m, uintptr_t a) {
    for (int i = 0; i < m->dlpi_phnum; i++)
        if (m->dlpi_phdr[i].p_type == PT_LOAD && a - m->dlpi_addr - m->dlpi_phdr[i].p_vaddr < m->dlpi_phdr[i].p_memsz) return 1;
    return 0;
}
static void store(const struct dl_phdr_info *m, uintptr_t *slot, void *value) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)slot & -page;
    int sealed = 0;
    for (int i = 0; i < m->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &m->dlpi_phdr[i];
        uintptr_t from = (m->dlpi_addr + p->p_vaddr) & -page, to = (m->dlpi_addr + p->p_vaddr + p->p_memsz) & -page;
        sealed |= p->p_type == PT_GNU_RELRO && at >= from && at < to;
    }
    if (sealed && mprotect((void *)at, page, PROT_READ | PROT_WRITE)) return;
    __atomic_store_n(slot, (uintptr_t)value, __ATOMIC_SEQ_CST);
    if (sealed) mprotect((void *)at, page, PROT_READ);
}
static void patch_all(const struct dl_phdr_info *m, const ElfW(Rela) *r, size_t n, const ElfW(Sym) *syms, const char *names, const walk *w) {
    for (; n; n--, r++) {
        unsigned type = (unsigned)ELF64_R_TYPE(r->r_info);
        if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT && type != R_AARCH64_JUMP_SLOT && type != R_AARCH64_GLOB_DAT) continue;
        const char *name = names + syms[ELF64_R_SYM(r->r_info)].st_name;
        uintptr_t *slot = (uintptr_t *)(m->dlpi_addr + r->r_offset);
        for (int i = 0; i < FUNCTIONS; i++) {
            if (*name != *functions[i].name || strcmp(name, functions[i].name) || !functions[i].mine || !*functions[i].original) continue;
            uintptr_t mine = (uintptr_t)functions[i].mine, theirs = (uintptr_t)*functions[i].original;
            if (!w->putting && *slot == mine) store(m, slot, (void *)theirs);
            /* another copy of the library is not ours to touch */
            if (w->putting && *slot != mine && (!functions[i].owner || *slot == theirs || contains(m, *slot))) store(m, slot, (void *)mine);
            slots += w->putting && *slot == mine;
        }
    }
}
static int patch(struct dl_phdr_info *m, size_t size, void *x) {
    static const char *const spared[] = {"libc.so", "ld-", "linux-vdso", "linux-gate", "libasan.", "libubsan.", "libtsan."};
    const ElfW(Rela) *jump = NULL, *data = NULL;
    const ElfW(Sym) *syms = NULL;
    const char *names = NULL;
    size_t jumps = 0, datas = 0;
    (void)size;
    for (size_t i = 0; i < sizeof spared / sizeof *spared; i++)
        if (!strncmp(base_of(m->dlpi_name), spared[i], strlen(spared[i]))) return 0;
    if (contains(m, ((walk *)x)->self)) return 0;
    for (int i = 0; i < m->dlpi_phnum; i++) {
        if (m->dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
        for (const ElfW(Dyn) *d = (void *)(m->dlpi_addr + m->dlpi_phdr[i].p_vaddr); d->d_tag != DT_NULL; d++) {
            void *p = (void *)(d->d_un.d_ptr < m->dlpi_addr ? m->dlpi_addr + d->d_un.d_ptr : d->d_un.d_ptr);
            if (d->d_tag == DT_JMPREL) jump = p;
            if (d->d_tag == DT_PLTRELSZ) jumps = d->d_un.d_val / sizeof *jump;
            if (d->d_tag == DT_RELA) data = p;
            if (d->d_tag == DT_RELASZ) datas = d->d_un.d_val / sizeof *data;
            if (d->d_tag == DT_SYMTAB) syms = p;
            if (d->d_tag == DT_STRTAB) names = p;
        }
    }
    if (!syms || !names) return 0;
    if (jump) patch_all(m, jump, jumps, syms, names, x);
    if (data) patch_all(m, data, datas, syms, names, x);
    return 0;
}
static walk round_; /* large: not on the stack of a client's thread */
static void patch_loaded(void) {
    resolve(NULL, RTLD_DEFAULT);
    dl_iterate_phdr(note, &round_);
    for (int i = 0; i < 4; i++) {
        void *handle = *round_.at[i] ? dlopen(round_.at[i], RTLD_LAZY | RTLD_NOLOAD) : NULL; /* kept: it must not go while we call it */
        if (handle) resolve(owners[i], handle);
    }
    slots = 0;
    hooked = round_.putting;
    dl_iterate_phdr(patch, &round_);
    scanned = round_.adds;
}
/* A module is listed before it is relocated: what is put in then, the loader spoils, and what is sealed again, it dies of. It calls the
 * resolver of an indirect function that is looked up with its lock held, so never while another thread loads. */
static __thread int looked_up;
static void nothing(void) {}
static void (*under_loader_lock(void))(void) {
    if (looked_up) patch_loaded();
    return nothing;
}
__attribute__((visibility("default"))) void quorate_shim_loaded(void) __attribute__((ifunc("under_loader_lock")));
static void *(*volatile look_up)(void *, const char *) = dlsym; /* the compiler takes dlsym for a function that never calls us */
static void scan(int putting) {
    static void *self;
    struct link_map *map;
    Dl_info info;
    if (pthread_mutex_trylock(&scan_lock)) return; /* a module's constructor that connects must not wait for one who waits for the loader */
    round_ = (walk){.putting = putting, .self = (uintptr_t)scan};
    dl_iterate_phdr(note, &round_);
    if (!self && dladdr1((void *)scan, &info, (void **)&map, RTLD_DL_LINKMAP)) self = dlopen(map->l_name, RTLD_LAZY | RTLD_NOLOAD);
    if (!putting || !hooked || round_.adds != scanned) {
        looked_up = 1;
        look_up(self, "quorate_shim_loaded");
        looked_up = 0;
    }
    pthread_mutex_unlock(&scan_lock);
}

/* ---- the worker */
static int peer_is_right(int fd) {
    struct ucred u = {0};
    socklen_t n = sizeof u;
    return fd >= 0 && !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &n) && (u.uid == geteuid() || u.uid == 0);
}
static int dial(void) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memcpy(a.sun_path, path, sizeof a.sun_path);
    if (fd >= 0 && !o_connect(fd, (void *)&a, sizeof a) && peer_is_right(fd)) return own(fd);
    if (fd >= 0) o_close(fd);
    return -1;
}
static int open_door(void) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int n = snprintf(a.sun_path + 1, sizeof a.sun_path - 1, "quorate-%d-%d", (int)getpid(), (int)geteuid());
    int fd = own(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (fd < 0 || bind(fd, (void *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)) || listen(fd, 4)) return disown(fd), 0;
    door = fd;
    return 1;
}
static int mend_door(void) { /* the client has closed it, past our hooks, with all that it does not know */
    if (!open_door()) usleep(TICK_MS * 1000);
    return -1;
}
static int answer_door(int64_t ms) {
    struct pollfd f = {door, POLLIN, 0};
    if (o_poll(&f, 1, (int)ms) <= 0) return -1;
    if (f.revents & POLLNVAL) return mend_door();
    int fd = accept4(door, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) return mend_door();
    if (fd < 0 || peer_is_right(fd)) return own(fd);
    o_close(fd);
    return -1;
}
static int is_gone(int fd) { return o_poll(&(struct pollfd){fd, POLLRDHUP, 0}, 1, 0) > 0; }
static void hang_up(void) {
    lock(&ask_lock);
    lock(&queue_lock);
    active = 0;
    disown(S);
    disown(A);
    S = A = -1;
    unlock(&queue_lock);
    unlock(&ask_lock);
    lock(&list_lock);
    for (conn *c = conns; c; c = c->next)
        if (c->live) wake(c);
    unlock(&list_lock);
}
static void greet(int64_t patience_ms) {
    int64_t until = in_ms(patience_ms);
    struct { uint32_t version, slots; unsigned char instance[16]; } hello = {1, 0, {0}};
    scan(1);
    hello.slots = (uint32_t)slots;
    memcpy(hello.instance, instance, 16);
    command *w = NULL;
    if (S < 0 || A < 0 || !put(S, HELLO, 0, 0, (uint64_t)getpid(), &hello, sizeof hello, until) ||
        !put(A, HELLO, 0, 0, (uint64_t)getpid(), &hello, sizeof hello, until) || !(w = get(S, until)) || w->h.type != WELCOME || w->h.len != 4)
        return free(w), hang_up();
    memcpy(&deadline_ms, w->data, 4);
    free(w);
    seen = 0;
    session++;
    active = 1;
    lock(&list_lock);
    conn *known[64];
    int k = 0;
    for (conn *c = conns; c && k < 64; c = c->next)
        if (c->live && c->mode == OURS) (known[k++] = c)->users++;
    unlock(&list_lock);
    for (int i = 0; i < k; i++) {
        lock(&known[i]->lock);
        lock(&ask_lock);
        known[i]->ignored = known[i]->fresh = 0;
        if (active && known[i]->told != session && !tell(known[i], in_ms(deadline_ms))) fail_open();
        unlock(&ask_lock);
        unlock(&known[i]->lock);
        done(known[i], 0);
    }
}
static void obey(command *q) {
    if (q->h.type == DETACH) fail_open();
    lock(&list_lock);
    conn *c = conns;
    while (c && !(c->live && c->id == q->h.conn)) c = c->next;
    lock(&queue_lock);
    int ours = c && (q->h.type == INJECT || q->h.type == TABLE || q->h.type == REPL || q->h.type == IGNORE);
    if (ours) {
        *c->tail = q;
        c->tail = &q->next;
    }
    if (q->h.offset > seen) seen = q->h.offset;
    pthread_cond_broadcast(&queued);
    unlock(&queue_lock);
    if (ours) wake(c);
    unlock(&list_lock);
    if (!ours) free(q);
}
static void withdraw(void) { /* if nothing of ours is left anywhere, the hooks go */
    int all_clean = 1;
    lock(&list_lock);
    for (conn *c = conns; c; c = c->next) {
        if (!c->live) continue;
        int idle = !pthread_mutex_trylock(&c->lock);
        all_clean &= idle && clean(c);
        if (idle) pthread_mutex_unlock(&c->lock);
    }
    unlock(&list_lock);
    if (!all_clean || owed()) return;
    scan(0);
    lock(&list_lock);
    for (conn *c = conns; c; c = c->next)
        if (c->live) forget(c);
    unlock(&list_lock);
    memset((void *)foreign, 0, sizeof foreign);
}
static void *work(void *first) {
    if (first && (S = dial()) >= 0) A = dial();
    if (first) greet(2000);
    for (;;) {
        if (!active) {
            for (command *q; A >= 0 && (q = get(A, now_ns()));) obey(q); /* what it said before it went */
            hang_up();
            if (hooked) withdraw();
            if ((S = answer_door(hooked ? TICK_MS : -1)) < 0) continue;
            while ((A = answer_door(2000)) >= 0 && is_gone(S)) disown(S), S = A; /* of one who came and died */
            greet(2000);
            continue;
        }
        struct pollfd f[2] = {{A, POLLIN, 0}, {door, POLLIN, 0}};
        if (o_poll(f, 2, TICK_MS) <= 0) {
            scan(1);
            continue;
        }
        command *q = f[0].revents ? get(A, in_ms(MESSAGE_MS)) : NULL; /* a message that was begun is not waited for for ever */
        if (q) obey(q);
        else if (f[0].revents) fail_open();
        else if (f[1].revents & POLLNVAL) mend_door();
        else if ((f[1].fd = accept4(door, NULL, NULL, SOCK_CLOEXEC)) >= 0) { /* one controller at a time */
            put(f[1].fd, BUSY, 0, 0, 0, "", 0, now_ns());
            o_close(f[1].fd);
        }
    }
    return NULL;
}
static void in_fork(void) {
    active = hooked = 0;
    if (S >= 0) o_close(S);
    if (A >= 0) o_close(A);
    if (door >= 0) o_close(door);
}
static void start(const char *to, int waiting) {
    sigset_t all, before;
    pthread_t t;
    if (home == getpid() || strlen(to) >= sizeof path || getrandom(instance, sizeof instance, 0) != sizeof instance) return;
    resolve(NULL, RTLD_DEFAULT);
    if (!open_door()) return; /* another copy of us is here */
    strcpy(path, to);
    home = getpid();
    pthread_atfork(NULL, NULL, in_fork);
    if (waiting && (S = dial()) >= 0) A = dial();
    if (waiting) greet(1000);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (!pthread_create(&t, NULL, work, waiting ? NULL : path)) pthread_detach(t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}
/* Put in by entry.c. */
__attribute__((visibility("default"))) void quorate_shim_start(const char *to) { start(to, 0); }
/* Put in by LD_PRELOAD. What only starts the client passes it on. */
__attribute__((constructor)) static void preloaded(void) {
    static const char *const launchers[] = {"sh", "dash", "bash", "env", "nice", "setsid", "busybox"};
    const char *to = getenv("QUORATE_SHIM_SOCKET"), *list = getenv("LD_PRELOAD");
    char exe[PATH_MAX] = "", kept[PATH_MAX * 4] = "";
    Dl_info self;
    if (!to || !list || strlen(list) >= sizeof kept || readlink("/proc/self/exe", exe, sizeof exe - 1) < 0 || !dladdr((void *)preloaded, &self)) return;
    for (size_t i = 0; i < sizeof launchers / sizeof *launchers; i++)
        if (!strcmp(base_of(exe), launchers[i])) return;
    char *others = strdup(list), *rest = NULL, socket_path[108];
    for (char *one = strtok_r(others, ": ", &rest); one; one = strtok_r(NULL, ": ", &rest))
        if (strcmp(one, self.dli_fname)) strcat(strcat(kept, *kept ? ":" : ""), one);
    free(others);
    snprintf(socket_path, sizeof socket_path, "%s", to);
    if (*kept) setenv("LD_PRELOAD", kept, 1);
    else unsetenv("LD_PRELOAD");
    unsetenv("QUORATE_SHIM_SOCKET");
    start(socket_path, 1);
}
