/* Quorate inside a client: what its TLS library and its sockets read and write goes to Quorate first. docs/attach.md, “Protocol”.
 * Whatever would hurt if it were lost lives here; whatever needs thought lives in Quorate. Without Quorate everything passes. */
#define _GNU_SOURCE
#include "tokenizer.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
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

enum { HELLO = 1, OPEN, DATA, CLOSED, ACK, NACK, PASS = 16, REPL, INJECT = 21, TABLE, IGNORE, DETACH, WELCOME };
enum { DOWN, UP };
enum { PLAIN, OPENSSL, GNUTLS, NSS };
enum { UNKNOWN, OURS, FOREIGN };
enum { MAX_FD = 16384, MAX_OWN = 8, MAX_POLL = 512, ASK = 65536, MAX_MESSAGE = 1 << 24, TICK_MS = 200 };
#define SECOND 1000000000LL
#define EVER UINT64_MAX

typedef struct { uint32_t len; uint8_t type, dir; uint16_t flags; uint32_t conn; uint64_t offset; } __attribute__((packed)) head;
typedef struct command { struct command *next; head h; char data[]; } command;
typedef struct {
    buf held, out; /* asked about and not consumed; to be delivered */
    table table;
    tokenizer tok;
    uint64_t asked;
} way;
typedef struct conn {
    struct conn *next;
    pthread_mutex_t lock; /* held while bytes are read, judged, written; never while the client sleeps */
    atomic_int users, live, mode;
    void *key;
    uint32_t id;
    int lib, fd, wake, ignored, stuck, fresh, told; /* stuck: its last write up would have blocked; told: in which session */
    way w[2];
    buf pend, last; /* up: what is being written, at the same place until it is; what the client offered, unanswered */
    size_t done;
    command *queue, **tail;
    int ep, not_ep; /* the epoll set its fd is in, the last one it is not in; how it is registered */
    uint32_t ep_events;
    uint64_t ep_data;
    void *bio; /* a memory BIO: bytes out of it, and of those sent; what we took out of it and could not send */
    uint64_t taken, sent;
    char tail16[16];
    buf rest;
} conn;
typedef long io(conn *, void *, size_t);

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER, ask_lock = PTHREAD_MUTEX_INITIALIZER,
                       queue_lock = PTHREAD_MUTEX_INITIALIZER, scan_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queued = PTHREAD_COND_INITIALIZER;
static conn *conns, *_Atomic by_fd[MAX_FD];
static _Atomic uint8_t foreign[MAX_FD];
static atomic_int active, hooked, gone, memory_bios; /* gone: we are a fork */
static int S = -1, A = -1, door = -1, session, deadline_ms = 200;
static uint32_t next_id = 1;
static uint64_t seen; /* the last number received on A */
static unsigned char instance[16];
static char path[108];
static __thread conn *cur; /* the connection whose TLS library runs in this thread */
static __thread int io_flags;

/* ---- originals */
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
#define DECLARE(owner, type, name, args) static type(*o_##name) args;
#define HOOKED(owner, type, name, args) static type h_##name args;
TLS_FUNCTIONS(DECLARE) SYSTEM_FUNCTIONS(DECLARE) HELPERS(DECLARE) TLS_FUNCTIONS(HOOKED) SYSTEM_FUNCTIONS(HOOKED)
#define ROW(owner, type, name, args) {owner, #name, (void *)h_##name, (void **)&o_##name},
#define PLAIN_ROW(owner, type, name, args) {owner, #name, NULL, (void **)&o_##name},
static const struct { const char *owner, *name; void *mine, **original; } functions[] = {TLS_FUNCTIONS(ROW) SYSTEM_FUNCTIONS(ROW) HELPERS(PLAIN_ROW)};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}
static struct timespec span(int64_t ns) { return ns < 0 ? (struct timespec){0, 0} : (struct timespec){ns / SECOND, ns % SECOND}; }
static int min_of(int64_t a, int64_t b) { return (int)(a < b ? a : b); }

/* ---- the two sockets */
static void fail_open(void) {
    active = 0;
    if (S >= 0) shutdown(S, SHUT_RDWR);
    if (A >= 0) shutdown(A, SHUT_RDWR);
}

/* All of it before the deadline (ns; EVER-like large for none), or 0. */
static int transfer(int fd, void *p, size_t n, int writing, int64_t until) {
    for (size_t k = 0; k < n;) {
        ssize_t r = writing ? send(fd, (char *)p + k, n - k, MSG_NOSIGNAL | MSG_DONTWAIT) : recv(fd, (char *)p + k, n - k, MSG_DONTWAIT);
        if (r > 0) {
            k += (size_t)r;
            continue;
        }
        int64_t left = until - now_ns();
        if (r == 0 || (errno != EAGAIN && errno != EINTR) || left <= 0) return 0;
        struct timespec t = span(left);
        ppoll(&(struct pollfd){fd, writing ? POLLOUT : POLLIN, 0}, 1, &t, NULL);
    }
    return 1;
}
static int put(int fd, int type, int dir, uint32_t id, uint64_t offset, const void *p, size_t n, int64_t until) {
    head h = {(uint32_t)n, (uint8_t)type, (uint8_t)dir, 0, id, offset};
    if (n > 4096) return transfer(fd, &h, sizeof h, 1, until) && transfer(fd, (void *)p, n, 1, until);
    char one[sizeof h + 4096];
    memcpy(one, &h, sizeof h);
    if (n) memcpy(one + sizeof h, p, n);
    return transfer(fd, one, sizeof h + n, 1, until);
}
static command *get(int fd, int64_t until) {
    head h;
    if (!transfer(fd, &h, sizeof h, 0, until) || h.len > MAX_MESSAGE) return NULL;
    command *c = malloc(sizeof *c + h.len);
    if (!c) return NULL;
    c->next = NULL;
    c->h = h;
    if (transfer(fd, c->data, h.len, 0, until)) return c;
    free(c);
    return NULL;
}

/* ---- connections */
static void wake(conn *c) {
    uint64_t one = 1;
    if (c->wake >= 0 && write(c->wake, &one, sizeof one) < 0) return; /* it is awake already */
}
static int awoken(const conn *c) {
    uint64_t n;
    return read(c->wake, &n, sizeof n) > 0;
}
static int is_stream_socket(int fd, int internet) {
    int domain = 0, type = 0;
    socklen_t n = sizeof domain, m = sizeof type;
    return fd >= 0 && fd < MAX_FD && !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) && !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &m) &&
           type == SOCK_STREAM && (!internet || domain == AF_INET || domain == AF_INET6);
}
static void forget(conn *c);
static void set_fd(conn *c, int fd) {
    if (!is_stream_socket(fd, 0)) return;
    conn *before = by_fd[fd];
    if (before && before != c) {
        if (before->lib == PLAIN) forget(before); /* STARTTLS */
        else before->fd = -1;
    }
    c->fd = fd;
    c->told = 0;
    by_fd[fd] = c;
}
static void find_fd(conn *c) {
    int fd = -1, ignored;
    if (c->lib == PLAIN) fd = (int)(intptr_t)c->key;
    if (c->lib == OPENSSL) fd = o_SSL_get_fd(c->key);
    if (c->lib == GNUTLS && o_gnutls_transport_get_int2) o_gnutls_transport_get_int2(c->key, &fd, &ignored);
    if (c->lib == NSS) fd = o_PR_FileDesc2NativeHandle(c->key);
    set_fd(c, fd);
    if (c->lib == OPENSSL) {
        o_SSL_ctrl(c->key, 33, 2, NULL); /* SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER: a call begun before us is repeated from our copy */
        void *bio = o_SSL_get_wbio(c->key);
        if (c->fd < 0 && bio && o_BIO_method_type(bio) == 0x401) {
            c->bio = bio;
            memory_bios++;
        }
    }
}
static void way_reset(way *w) {
    free(w->table.rows);
    free(w->tok.tag.p);
    free(w->held.p);
    free(w->out.p);
    *w = (way){.tok.depth = -1};
}
static conn *fresh_conn(void) {
    conn *c;
    for (c = conns; c && (c->live || c->users); c = c->next) {}
    if (!c) {
        pthread_mutexattr_t recursive;
        if (!(c = calloc(1, sizeof *c))) return NULL;
        pthread_mutexattr_init(&recursive);
        pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
        pthread_mutex_init(&c->lock, &recursive);
        c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        c->next = conns;
        conns = c;
    }
    way_reset(&c->w[DOWN]);
    way_reset(&c->w[UP]);
    c->pend.n = c->last.n = c->rest.n = c->done = 0;
    c->mode = c->ignored = c->stuck = c->told = c->fresh = 0;
    c->fd = c->ep = c->not_ep = -1;
    c->bio = NULL;
    c->taken = c->sent = 0;
    for (command *q = c->queue; q; q = c->queue) {
        c->queue = q->next;
        free(q);
    }
    c->tail = &c->queue;
    return c;
}
/* The connection of a handle, made if it is new; NULL if it passes. Every one returned goes through `done`. */
static conn *enter(int lib, void *key) {
    if (gone || cur || !hooked) return NULL;
    int created = 0;
    pthread_mutex_lock(&list_lock);
    conn *c = conns;
    while (c && !(c->live && c->key == key && c->lib == lib)) c = c->next;
    if (!c && (c = fresh_conn())) {
        c->lib = lib;
        c->key = key;
        c->id = next_id++;
        c->live = created = 1;
    }
    if (c && c->mode == FOREIGN) c = NULL;
    if (c) c->users++;
    pthread_mutex_unlock(&list_lock);
    if (created) find_fd(c);
    return c;
}
static conn *hold(conn *c) {
    if (gone || cur || !c) return NULL;
    pthread_mutex_lock(&list_lock);
    int ours = c->live && c->mode == OURS;
    if (ours) c->users++;
    pthread_mutex_unlock(&list_lock);
    return ours ? c : NULL;
}
static conn *existing(int lib, void *key) {
    if (gone || cur) return NULL;
    pthread_mutex_lock(&list_lock);
    conn *c = conns;
    while (c && !(c->live && c->key == key && c->lib == lib)) c = c->next;
    if (c) c->users++;
    pthread_mutex_unlock(&list_lock);
    return c;
}
static void leave_epoll(conn *c) {
    if (c->ep >= 0) o_epoll_ctl(c->ep, EPOLL_CTL_DEL, c->wake, NULL);
    c->ep = c->not_ep = -1;
}
static void forget(conn *c) {
    leave_epoll(c);
    if (c->fd >= 0 && by_fd[c->fd] == c) by_fd[c->fd] = NULL;
    if (c->bio) memory_bios--;
    c->bio = NULL;
    c->live = 0;
    if (c->told) {
        pthread_mutex_lock(&ask_lock);
        if (active && c->told == session && !put(S, CLOSED, 0, c->id, 0, NULL, 0, now_ns() + deadline_ms * 1000000LL)) fail_open();
        pthread_mutex_unlock(&ask_lock);
    }
}

/* ---- what is delivered */
static void deliver_to(buf *out, conn *c, int dir, const void *p, size_t n) {
    way *w = &c->w[dir];
    int begun = n && tokenizer_feed(&w->tok, p, n, active && !w->tok.hold ? NULL : &w->table, out);
    if (begun && dir == DOWN && !active) c->w[DOWN].table.n = c->w[UP].table.n = 0;
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
    if (q->h.len < 4 || n != (q->h.len - 4) / sizeof(row) || !(w->table.rows = realloc(w->table.rows, (n + 1) * sizeof(row)))) return;
    memcpy(w->table.rows, q->data + 4, n * sizeof(row));
    w->table.n = n;
    if (q->h.flags & 1) tokenizer_between_stanzas(&w->tok);
}
/* Does what came on A for it, up to this number. `judged`: a verdict names it, so tables that wait for it hold. */
static void run_queue(conn *c, uint64_t upto, int judged) {
    for (;;) {
        pthread_mutex_lock(&queue_lock);
        command *q = c->queue;
        if (q && (q->h.offset > upto || (active && !judged && q->h.type == TABLE && q->h.flags & 2))) q = NULL;
        if (q && !(c->queue = q->next)) c->tail = &c->queue;
        pthread_mutex_unlock(&queue_lock);
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
static int address(char *out, size_t n, int fd, int (*of)(int, struct sockaddr *, socklen_t *)) {
    struct sockaddr_storage a = {0};
    socklen_t size = sizeof a;
    char text[INET6_ADDRSTRLEN] = "";
    if (fd < 0 || of(fd, (struct sockaddr *)&a, &size)) return 0;
    const struct sockaddr_in *v4 = (void *)&a;
    const struct sockaddr_in6 *v6 = (void *)&a;
    if (a.ss_family == AF_INET) inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    if (a.ss_family == AF_INET6) inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    return snprintf(out, n, "%s %d", text, *text ? ntohs(v4->sin_port) : 0);
}
/* With ask_lock held. */
static int tell(conn *c, int64_t until) {
    static const char *const names[] = {"openssl", "gnutls", "nss", "plain"};
    char peer[64] = "", local[64] = "", *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    if (!f) return 0;
    address(peer, sizeof peer, c->fd, getpeername);
    address(local, sizeof local, c->fd, getsockname);
    int mode = c->fd < 0 ? O_NONBLOCK : fcntl(c->fd, F_GETFL);
    fprintf(f, "lib=%s\nkey=%lx\nfd=%d\npeer=%s\nlocal=%s\ntid=%ld\nblocking=%d\nwake=%d\nfresh=%d\n", names[(c->lib + 3) % 4], (unsigned long)c->key,
            c->fd, peer, local, syscall(SYS_gettid), !(mode & O_NONBLOCK), !c->bio, c->fresh);
    for (int d = 0; d < 2; d++) {
        const char *side = d == UP ? "up" : "down";
        const way *w = &c->w[d];
        fprintf(f, "%s_asked=%llu\n", side, (unsigned long long)w->asked);
        if (w->tok.depth >= 0) fprintf(f, "%s_depth=%d\n", side, w->tok.depth);
        for (uint32_t i = 0; i < w->table.n; i++)
            fprintf(f, "%s%.*s%u:%d%s", i ? "," : side, i ? 0 : 7, "_table=", w->table.rows[i].from, w->table.rows[i].shift, i + 1 == w->table.n ? "\n" : "");
    }
    fclose(f);
    int sent = put(S, OPEN, 0, c->id, 0, text, n, until);
    free(text);
    c->told = session;
    return sent;
}
/* Has the worker everything up to this number? */
static int received(uint64_t number, int64_t until) {
    struct timespec at = span(until);
    int late = 0;
    pthread_mutex_lock(&queue_lock);
    while (active && seen < number && !late) late = pthread_cond_clockwait(&queued, &queue_lock, CLOCK_MONOTONIC, &at);
    int there = seen >= number;
    pthread_mutex_unlock(&queue_lock);
    return there;
}
static command *ask(conn *c, int dir, const void *p, size_t n) {
    way *w = &c->w[dir];
    command *v = NULL;
    if (!active || c->ignored || !c->live) return NULL;
    pthread_mutex_lock(&ask_lock);
    int64_t until = now_ns() + deadline_ms * 1000000LL;
    if (active && (c->told == session || tell(c, until)) && put(S, DATA, dir, c->id, w->asked, p, n, until)) v = get(S, until);
    int sense = v && v->h.conn == c->id && (v->h.type == PASS || v->h.type == REPL || v->h.type == IGNORE) && received(v->h.offset, until);
    if (!sense) {
        fail_open();
        free(v);
        v = NULL;
    }
    pthread_mutex_unlock(&ask_lock);
    w->asked += n;
    return v;
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
        in_place = in_place && !w->out.n && !w->tok.hold && (active || !w->table.n);
        deliver_to(in_place ? NULL : &w->out, c, dir, p, n);
    }
    free(v);
    settle(c);
    if (c->ignored && clean(c)) c->mode = FOREIGN;
    return in_place;
}
/* Is it XMPP? By the first bytes seen. */
static int looks(int dir, const char *p, size_t n) {
    while (n && strchr(" \t\r\n", *p) && *p) p++, n--;
    if (!n) return UNKNOWN;
    if (*p == '<' && (n == 1 || isalpha((unsigned char)p[1]) || p[1] == '?' || p[1] == '/')) return OURS;
    return dir == UP ? FOREIGN : UNKNOWN;
}
static void scan(int putting);
static void classify(conn *c, int dir, const char *p, size_t n) {
    if (c->lib == PLAIN && dir == UP && n && *p == 0x16) { /* a TLS ClientHello: the library that wrote it is mapped by now */
        if (c->fd >= 0) foreign[c->fd] = 1;
        c->mode = FOREIGN;
        forget(c);
        scan(1);
    }
    if (c->mode != UNKNOWN || (c->mode = looks(dir, p, n)) != OURS) {
        if (c->mode == FOREIGN && c->lib == PLAIN && c->live) {
            foreign[c->fd] = 1;
            forget(c);
        }
        return;
    }
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
static long ssl_read_ex(conn *c, void *b, size_t n) { size_t k = 0; INSIDE(o_SSL_read_ex(c->key, b, n, &k) == 1 ? k : 0); }
static long ssl_write_ex(conn *c, void *b, size_t n) { size_t k = 0; INSIDE(o_SSL_write_ex(c->key, b, n, &k) == 1 ? k : 0); }
static long gnutls_recv(conn *c, void *b, size_t n) { INSIDE(o_gnutls_record_recv(c->key, b, n)); }
static long gnutls_send(conn *c, void *b, size_t n) { INSIDE(o_gnutls_record_send(c->key, b, n)); }
static long pr_read(conn *c, void *b, size_t n) { INSIDE(o_PR_Read(c->key, b, small(n))); }
static long pr_write(conn *c, void *b, size_t n) { INSIDE(o_PR_Write(c->key, b, small(n))); }
static long plain_recv(conn *c, void *b, size_t n) { INSIDE(o_recv((int)(intptr_t)c->key, b, n, io_flags)); }
static long plain_send(conn *c, void *b, size_t n) { INSIDE(o_send((int)(intptr_t)c->key, b, n, io_flags)); }
static io *const writers[] = {plain_send, ssl_write, gnutls_send, pr_write};

/* After a call that failed: would it have blocked? */
static int may_retry(const conn *c, long r) {
    if (c->lib == OPENSSL) return o_SSL_want(c->key) == 2 || o_SSL_want(c->key) == 3;
    if (c->lib == GNUTLS) return r == -28 || r == -52;
    if (c->lib == NSS) return o_PR_GetError() == -5998;
    return errno == EAGAIN || errno == EINTR;
}
/* Writes what is to go up. Positive when all is written, else what the library said. */
static long flush_up(conn *c, io *write_) {
    for (c->stuck = 0;;) {
        if (!c->pend.n) {
            if (!c->w[UP].out.n) return 1;
            buf b = c->pend;
            c->pend = c->w[UP].out;
            c->w[UP].out = b;
        }
        long r = write_(c, c->pend.p + c->done, c->pend.n - c->done);
        if (r <= 0) {
            c->stuck = may_retry(c, r);
            return r;
        }
        if ((c->done += (size_t)r) >= c->pend.n) {
            buf_cut(&c->pend, c->pend.n);
            c->done = 0;
        }
    }
}
static int flush_rest(conn *c) { /* 0: it would block */
    while (c->rest.n) {
        ssize_t r = o_send(c->fd, c->rest.p, c->rest.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (r <= 0) return 0;
        buf_cut(&c->rest, (size_t)r);
    }
    return 1;
}
/* In a thread of the client's, between its calls: does what is queued. */
static void serve(conn *c) {
    int e = errno;
    char b[4096];
    pthread_mutex_lock(&c->lock);
    settle(c);
    c->stuck = 0;
    if (!c->live || (c->bio && !flush_rest(c))) c->stuck = c->live;
    else if ((c->pend.n || c->w[UP].out.n) && (!c->bio || (c->fd >= 0 && c->taken == c->sent && !o_BIO_ctrl_pending(c->bio)))) {
        if (c->lib == OPENSSL) o_ERR_set_mark();
        io_flags = MSG_NOSIGNAL;
        flush_up(c, writers[c->lib]);
        if (c->lib == OPENSSL) o_ERR_pop_to_mark();
        for (int r; c->bio && (r = o_BIO_read(c->bio, b, sizeof b)) > 0;) buf_add(&c->rest, b, (size_t)r);
        if (c->bio) c->stuck = !flush_rest(c);
    }
    pthread_mutex_unlock(&c->lock);
    errno = e;
}
static long do_write(conn *c, const char *p, size_t n, io *write_) {
    pthread_mutex_lock(&c->lock);
    if (c->mode == UNKNOWN || (n && *p == 0x16)) classify(c, UP, p, n);
    if (c->mode != OURS) {
        pthread_mutex_unlock(&c->lock);
        return write_(c, (void *)p, n);
    }
    settle(c);
    long r = flush_up(c, write_);
    if (c->last.n) { /* the client repeats a call that would have blocked */
        size_t k = !p || c->last.n < n ? c->last.n : n;
        if (r <= 0) goto out;
        if (!p || !memcmp(p, c->last.p, k)) {
            buf_cut(&c->last, k);
            r = (long)k;
            goto out;
        }
        c->last.n = 0;
    }
    for (size_t k, at = 0; at < n; at += k) judge(c, UP, p + at, k = n - at < ASK ? n - at : ASK, 0);
    if (r > 0) r = flush_up(c, write_);
    if (r > 0) r = (long)n;
    else buf_add(&c->last, p, n);
out:;
    int e = errno;
    pthread_mutex_unlock(&c->lock);
    errno = e;
    return r;
}
static int library_has(const conn *c) {
    if (c->lib == OPENSSL) return o_SSL_has_pending ? o_SSL_has_pending(c->key) : o_SSL_pending(c->key);
    return c->lib == NSS || (c->lib == GNUTLS && o_gnutls_record_check_pending(c->key));
}
/* A blocking client sleeps here, where we can wake it, and not inside its library. */
static int wait_readable(conn *c) { /* 0: its own time limit passed */
    struct timeval limit = {0};
    socklen_t size = sizeof limit;
    getsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, &size);
    int64_t ms = limit.tv_sec * 1000LL + limit.tv_usec / 1000;
    for (;;) {
        serve(c);
        struct pollfd f[2] = {{c->fd, POLLIN, 0}, {c->wake, POLLIN, 0}};
        if (c->w[DOWN].out.n) return 1;
        int r = o_poll(f, 2, ms ? small((size_t)ms) : -1);
        if (f[1].revents && r > 0) awoken(c);
        if (r <= 0 || f[0].revents) return r != 0;
    }
}
static long do_read(conn *c, char *b, size_t n, io *read_) {
    way *w = &c->w[DOWN];
    for (;;) {
        int blocking = c->fd >= 0 && !(io_flags & MSG_DONTWAIT) && c->lib != NSS && !(fcntl(c->fd, F_GETFL) & O_NONBLOCK);
        if (c->mode != OURS || (blocking && !w->out.n && !library_has(c) && !wait_readable(c))) {
            long r = read_(c, b, n);
            if (r <= 0 || c->mode != UNKNOWN) return r;
            pthread_mutex_lock(&c->lock);
            classify(c, DOWN, b, (size_t)r);
            int as_is = c->mode != OURS || judge(c, DOWN, b, (size_t)r, 1);
            pthread_mutex_unlock(&c->lock);
            if (as_is) return r;
            continue;
        }
        pthread_mutex_lock(&c->lock);
        settle(c);
        long r = 0;
        int again = 0;
        if (w->out.n) {
            memcpy(b, w->out.p, (size_t)(r = (long)(w->out.n < n ? w->out.n : n)));
            buf_cut(&w->out, (size_t)r);
        } else if ((r = read_(c, b, n)) > 0) {
            again = !judge(c, DOWN, b, (size_t)r, 1);
        } else if (w->held.n && !may_retry(c, r)) { /* the stream ends with an unfinished stanza */
            deliver_held(c, DOWN);
            again = 1;
        }
        int e = errno;
        pthread_mutex_unlock(&c->lock);
        errno = e;
        if (!again) return r;
    }
}
static long done(conn *c, long r) {
    io_flags = 0;
    c->users--;
    return r;
}

/* ---- hooks: TLS */
static int h_SSL_read(void *s, void *b, int n) {
    conn *c = n > 0 ? enter(OPENSSL, s) : NULL;
    return c ? (int)done(c, do_read(c, b, (size_t)n, ssl_read)) : o_SSL_read(s, b, n);
}
static int h_SSL_write(void *s, const void *b, int n) {
    conn *c = n > 0 ? enter(OPENSSL, s) : NULL;
    return c ? (int)done(c, do_write(c, b, (size_t)n, ssl_write)) : o_SSL_write(s, b, n);
}
static int h_SSL_read_ex(void *s, void *b, size_t n, size_t *k) {
    conn *c = n ? enter(OPENSSL, s) : NULL;
    if (!c) return o_SSL_read_ex(s, b, n, k);
    long r = done(c, do_read(c, b, n, ssl_read_ex));
    if (r > 0) *k = (size_t)r;
    return r > 0;
}
static int h_SSL_write_ex(void *s, const void *b, size_t n, size_t *k) {
    conn *c = n ? enter(OPENSSL, s) : NULL;
    if (!c) return o_SSL_write_ex(s, b, n, k);
    long r = done(c, do_write(c, b, n, ssl_write_ex));
    if (r > 0) *k = (size_t)r;
    return r > 0;
}
static size_t surplus(int lib, const void *key) {
    conn *c = existing(lib, (void *)key);
    return c ? (done(c, 0), c->w[DOWN].out.n) : 0;
}
static int h_SSL_pending(const void *s) { return small((size_t)o_SSL_pending(s) + surplus(OPENSSL, s)); }
static int h_SSL_has_pending(const void *s) { return o_SSL_has_pending(s) || surplus(OPENSSL, s); }
static size_t h_gnutls_record_check_pending(void *s) { return o_gnutls_record_check_pending(s) + surplus(GNUTLS, s); }
static ssize_t h_gnutls_record_recv(void *s, void *b, size_t n) {
    conn *c = n ? enter(GNUTLS, s) : NULL;
    return c ? done(c, do_read(c, b, n, gnutls_recv)) : o_gnutls_record_recv(s, b, n);
}
static ssize_t h_gnutls_record_send(void *s, const void *b, size_t n) { /* (NULL, 0) repeats the last */
    conn *c = n ? enter(GNUTLS, s) : existing(GNUTLS, s);
    if (c && !n && !c->last.n) c = (done(c, 0), NULL);
    return c ? done(c, do_write(c, b, n, gnutls_send)) : o_gnutls_record_send(s, b, n);
}
static int is_tcp(void *f) { /* PR_DESC_SOCKET_TCP, PR_DESC_LAYERED over a socket */
    int type = gone || cur || !hooked ? 0 : o_PR_GetDescType(f);
    return (type == 2 || type == 4) && is_stream_socket(o_PR_FileDesc2NativeHandle(f), 1);
}
static int h_PR_Read(void *f, void *b, int n) {
    conn *c = n > 0 && is_tcp(f) ? enter(NSS, f) : NULL;
    return c ? (int)done(c, do_read(c, b, (size_t)n, pr_read)) : o_PR_Read(f, b, n);
}
static int h_PR_Write(void *f, const void *b, int n) {
    conn *c = n > 0 && is_tcp(f) ? enter(NSS, f) : NULL;
    return c ? (int)done(c, do_write(c, b, (size_t)n, pr_write)) : o_PR_Write(f, b, n);
}
/* A handle is about to die, or to say goodbye: what is held goes out first. */
static void before_end(int lib, void *key, int dies) {
    conn *c = existing(lib, key);
    if (!c) return;
    pthread_mutex_lock(&c->lock);
    deliver_held(c, UP);
    pthread_mutex_unlock(&c->lock);
    if (!dies && c->mode == OURS) serve(c);
    if (dies) forget(c);
    done(c, 0);
}
static int h_SSL_shutdown(void *s) { return before_end(OPENSSL, s, 0), o_SSL_shutdown(s); }
static void h_SSL_free(void *s) { before_end(OPENSSL, s, 1), o_SSL_free(s); }
static int h_gnutls_bye(void *s, int how) { return before_end(GNUTLS, s, 0), o_gnutls_bye(s, how); }
static void h_gnutls_deinit(void *s) { before_end(GNUTLS, s, 1), o_gnutls_deinit(s); }
static int h_PR_Close(void *f) { return before_end(NSS, f, 0), before_end(NSS, f, 1), o_PR_Close(f); }
static int h_BIO_read(void *bio, void *b, int n) {
    int r = o_BIO_read(bio, b, n);
    if (r <= 0 || !memory_bios || gone || cur) return r;
    pthread_mutex_lock(&list_lock);
    for (conn *c = conns; c; c = c->next) {
        if (!c->live || c->bio != bio) continue;
        c->taken += (uint64_t)r;
        if (r >= 16) memcpy(c->tail16, (char *)b + r - 16, 16);
    }
    pthread_mutex_unlock(&list_lock);
    return r;
}

/* ---- hooks: sockets */
static conn *plain(int fd) {
    if (gone || !hooked || fd < 0 || fd >= MAX_FD || (foreign[fd] && !cur)) return NULL;
    if (cur && cur->fd < 0 && !cur->bio) set_fd(cur, fd); /* GIO and its like: the library's own reading tells */
    conn *c = by_fd[fd];
    if (cur || (c && c->lib != PLAIN)) return NULL;
    if (!c && (foreign[fd] = !is_stream_socket(fd, 1))) return NULL;
    return enter(PLAIN, (void *)(intptr_t)fd);
}
/* Bytes that come from a memory BIO: ours go first; 0 if they cannot yet. */
static int bio_first(int fd) {
    conn *c = memory_bios && !gone && !cur && fd >= 0 && fd < MAX_FD ? hold(by_fd[fd]) : NULL;
    int free_ = !c || !c->bio || flush_rest(c);
    if (c) done(c, 0);
    return free_;
}
static void bio_sent(int fd, const char *p, size_t n, ssize_t r) {
    if (r <= 0 || !memory_bios || gone || cur || fd < 0 || fd >= MAX_FD) return;
    conn *c = by_fd[fd];
    if (c && c->bio) c->sent += (uint64_t)r;
    if (c || (size_t)r != n || n < 16) return;
    pthread_mutex_lock(&list_lock);
    for (c = conns; c && !(c->live && c->bio && c->fd < 0 && !memcmp(c->tail16, p + n - 16, 16)); c = c->next) {}
    if (c) set_fd(c, fd);
    if (c) c->sent = c->taken;
    pthread_mutex_unlock(&list_lock);
}
#define RECEIVE(fd, b, n, flags, original) \
    conn *c = (n) && !((flags) & ~(MSG_DONTWAIT | MSG_NOSIGNAL)) ? plain(fd) : NULL; \
    if (!c) return original; \
    io_flags = flags; \
    return done(c, do_read(c, b, n, plain_recv))
#define SEND(fd, p, n, flags, original) \
    conn *c = (n) && !((flags) & ~(MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE)) ? plain(fd) : NULL; \
    if (c) { \
        io_flags = flags; \
        return done(c, do_write(c, p, n, plain_send)); \
    } \
    if (!bio_first(fd)) return -1; \
    ssize_t r = original; \
    bio_sent(fd, p, n, r); \
    return r
static ssize_t h_read(int fd, void *b, size_t n) { RECEIVE(fd, b, n, 0, o_read(fd, b, n)); }
static ssize_t h_recv(int fd, void *b, size_t n, int f) { RECEIVE(fd, b, n, f, o_recv(fd, b, n, f)); }
static ssize_t h_recvfrom(int fd, void *b, size_t n, int f, struct sockaddr *a, socklen_t *l) {
    RECEIVE(fd, b, n, f | (a ? MSG_OOB : 0), o_recvfrom(fd, b, n, f, a, l));
}
static ssize_t h___read_chk(int fd, void *b, size_t n, size_t k) { return n > k ? o___read_chk(fd, b, n, k) : h_read(fd, b, n); }
static ssize_t h___recv_chk(int fd, void *b, size_t n, size_t k, int f) { return n > k ? o___recv_chk(fd, b, n, k, f) : h_recv(fd, b, n, f); }
static ssize_t h_write(int fd, const void *p, size_t n) { SEND(fd, p, n, 0, o_write(fd, p, n)); }
static ssize_t h_send(int fd, const void *p, size_t n, int f) { SEND(fd, p, n, f, o_send(fd, p, n, f)); }
static ssize_t h_sendto(int fd, const void *p, size_t n, int f, const struct sockaddr *a, socklen_t l) {
    SEND(fd, p, n, f | (a ? MSG_OOB : 0), o_sendto(fd, p, n, f, a, l));
}
static ssize_t gather(int fd, const struct iovec *v, size_t k, int f, const struct msghdr *m) {
    buf b = {0};
    for (size_t i = 0; i < k; i++) buf_add(&b, v[i].iov_base, v[i].iov_len);
    ssize_t r = m && m->msg_controllen ? o_sendmsg(fd, m, f) : h_send(fd, b.p, b.n, f);
    int e = errno;
    free(b.p);
    errno = e;
    return r;
}
static int in_use(int fd) { return !gone && !cur && fd >= 0 && fd < MAX_FD && (memory_bios || by_fd[fd] || !foreign[fd]) && is_stream_socket(fd, 1); }
static ssize_t h_writev(int fd, const struct iovec *v, int k) { return in_use(fd) && k > 0 ? gather(fd, v, (size_t)k, 0, NULL) : o_writev(fd, v, k); }
static ssize_t h_sendmsg(int fd, const struct msghdr *m, int f) {
    return in_use(fd) ? gather(fd, m->msg_iov, m->msg_iovlen, f, m) : o_sendmsg(fd, m, f);
}
static ssize_t scatter(int fd, const struct iovec *v, size_t k, int f) { /* into the first part that has room: fewer bytes are always allowed */
    while (k > 1 && !v->iov_len) v++, k--;
    return h_recv(fd, v->iov_base, v->iov_len, f);
}
static ssize_t h_readv(int fd, const struct iovec *v, int k) { return in_use(fd) && k > 0 ? scatter(fd, v, (size_t)k, 0) : o_readv(fd, v, k); }
static ssize_t h_recvmsg(int fd, struct msghdr *m, int f) {
    if (!in_use(fd) || !m->msg_iovlen) return o_recvmsg(fd, m, f);
    m->msg_namelen = 0;
    m->msg_controllen = 0;
    m->msg_flags = 0;
    return scatter(fd, m->msg_iov, m->msg_iovlen, f);
}
static void fd_ends(int fd, int dies) {
    if (gone || cur || !hooked || fd < 0 || fd >= MAX_FD) return;
    conn *c = by_fd[fd];
    if (c && c->lib == PLAIN) before_end(PLAIN, c->key, 0);
    if (!dies) return;
    foreign[fd] = 0;
    if (c && c->lib == PLAIN) before_end(PLAIN, c->key, 1);
    else if (c) {
        leave_epoll(c);
        by_fd[fd] = NULL;
        c->fd = -1;
    }
}
static int h_close(int fd) { return fd_ends(fd, 1), o_close(fd); }
static int h_shutdown(int fd, int how) { return fd_ends(fd, 0), o_shutdown(fd, how); }
static void before_connect(int fd) {
    if (gone || !hooked) return;
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
static int has_surplus(const conn *c) { return c->w[DOWN].out.n && !c->bio; }
static int64_t left_of(int64_t until) { return until < 0 ? SECOND * 86400 : until - now_ns(); }
/* `until`: absolute ns, negative for ever. */
static int do_poll(struct pollfd *f, nfds_t n, int64_t until, const sigset_t *mask) {
    conn *own[MAX_OWN];
    nfds_t at[MAX_OWN], k = 0;
    struct pollfd g[MAX_POLL + 2 * MAX_OWN];
    for (nfds_t i = 0; !cur && n <= MAX_POLL && i < n && k < MAX_OWN; i++)
        if (f[i].fd >= 0 && f[i].fd < MAX_FD && by_fd[f[i].fd] && (own[k] = hold(by_fd[f[i].fd]))) at[k++] = i;
    int r;
    for (int turn = 0;; turn++) {
        int ready = 0, woken = 0;
        for (nfds_t j = 0; j < k; j++) {
            serve(own[j]);
            ready |= has_surplus(own[j]) && f[at[j]].events & POLLIN;
            g[n + 2 * j] = (struct pollfd){own[j]->wake, POLLIN, 0};
            g[n + 2 * j + 1] = (struct pollfd){own[j]->stuck ? own[j]->fd : -1, POLLOUT, 0};
        }
        struct timespec t = span(ready ? 0 : left_of(until));
        if (k) memcpy(g, f, n * sizeof *f);
        r = o_ppoll(k ? g : f, n + 2 * k, until < 0 && !ready ? NULL : &t, mask);
        if (r < 0 || !k) break;
        for (nfds_t i = r = 0; i < n; i++) f[i].revents = g[i].revents;
        for (nfds_t j = 0; j < k; j++) {
            if (g[n + 2 * j].revents) awoken(own[j]);
            if (g[n + 2 * j].revents || g[n + 2 * j + 1].revents) woken = 1, serve(own[j]);
            if (has_surplus(own[j]) && own[j]->fd == f[at[j]].fd) f[at[j]].revents |= f[at[j]].events & POLLIN;
        }
        for (nfds_t i = 0; i < n; i++) r += f[i].revents != 0;
        if (r || !woken || (until >= 0 && left_of(until) <= 0)) break;
    }
    for (nfds_t j = 0; j < k; j++) done(own[j], 0);
    return r;
}
static int64_t until_ms(int ms) { return ms < 0 ? -1 : now_ns() + ms * 1000000LL; }
static int64_t until_ts(const struct timespec *t) { return t ? now_ns() + t->tv_sec * SECOND + t->tv_nsec : -1; }
static int h_poll(struct pollfd *f, nfds_t n, int ms) { return gone || !hooked ? o_poll(f, n, ms) : do_poll(f, n, until_ms(ms), NULL); }
static int h___poll_chk(struct pollfd *f, nfds_t n, int ms, size_t k) { return k / sizeof *f < n ? o___poll_chk(f, n, ms, k) : h_poll(f, n, ms); }
static int h_ppoll(struct pollfd *f, nfds_t n, const struct timespec *t, const sigset_t *mask) {
    return gone || !hooked ? o_ppoll(f, n, t, mask) : do_poll(f, n, until_ts(t), mask);
}
static int do_select(int n, fd_set *r, fd_set *w, fd_set *e, int64_t until, const sigset_t *mask) {
    conn *own[MAX_OWN];
    int k = 0, result, top = n;
    for (int fd = 0; r && !cur && n <= FD_SETSIZE && fd < n && k < MAX_OWN; fd++)
        if (FD_ISSET(fd, r) && by_fd[fd] && (own[k] = hold(by_fd[fd]))) {
            if (own[k]->wake < FD_SETSIZE) k++;
            else done(own[k], 0);
        }
    fd_set none, in, out, bad;
    FD_ZERO(&none);
    for (;;) {
        int ready = 0, woken = 0;
        in = r ? *r : none;
        out = w ? *w : none;
        bad = e ? *e : none;
        for (int j = 0; j < k; j++) {
            serve(own[j]);
            ready |= has_surplus(own[j]);
            FD_SET(own[j]->wake, &in);
            if (own[j]->wake >= top) top = own[j]->wake + 1;
            if (own[j]->stuck && own[j]->fd >= 0) FD_SET(own[j]->fd, &out);
        }
        struct timespec t = span(ready ? 0 : left_of(until));
        if (!k) return o_pselect(n, r, w, e, until < 0 ? NULL : &t, mask);
        result = o_pselect(top, &in, &out, &bad, until < 0 && !ready ? NULL : &t, mask);
        if (result < 0) break;
        for (int j = 0; j < k; j++) {
            int fd = own[j]->fd;
            if (FD_ISSET(own[j]->wake, &in)) woken = 1, awoken(own[j]), serve(own[j]);
            FD_CLR(own[j]->wake, &in);
            if (fd < 0) continue;
            if (FD_ISSET(fd, &out) && !(w && FD_ISSET(fd, w))) FD_CLR(fd, &out), woken = 1, serve(own[j]);
            if (has_surplus(own[j])) FD_SET(fd, &in);
        }
        result = 0;
        for (int fd = 0; fd < n; fd++) result += !!FD_ISSET(fd, &in) + !!FD_ISSET(fd, &out) + !!FD_ISSET(fd, &bad);
        if (!result && woken && (until < 0 || left_of(until) > 0)) continue;
        if (r) *r = in;
        if (w) *w = out;
        if (e) *e = bad;
        break;
    }
    for (int j = 0; j < k; j++) done(own[j], 0);
    return result;
}
static int h_select(int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *tv) {
    if (gone || !hooked) return o_select(n, r, w, e, tv);
    int64_t until = tv ? now_ns() + tv->tv_sec * SECOND + tv->tv_usec * 1000LL : -1;
    int result = do_select(n, r, w, e, until, NULL);
    if (tv) { /* Linux leaves the rest of the time there */
        struct timespec rest = span(left_of(until));
        *tv = (struct timeval){rest.tv_sec, rest.tv_nsec / 1000};
    }
    return result;
}
static int h_pselect(int n, fd_set *r, fd_set *w, fd_set *e, const struct timespec *t, const sigset_t *mask) {
    return gone || !hooked ? o_pselect(n, r, w, e, t, mask) : do_select(n, r, w, e, until_ts(t), mask);
}
/* Is it in this set? Then our eventfd goes into it as well, with the client's own data: a thread of the client's that we do not see
 * would take it for its own. */
static int in_epoll(conn *c, int ep) {
    char name[64], line[256];
    unsigned fd, events;
    unsigned long long data;
    if (c->ep == ep || c->fd < 0 || c->not_ep == ep) return c->ep == ep && c->fd >= 0;
    c->not_ep = ep;
    snprintf(name, sizeof name, "/proc/self/fdinfo/%d", ep);
    FILE *f = fopen(name, "re");
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "tfd: %u events: %x data: %llx", &fd, &events, &data) != 3 || (int)fd != c->fd) continue;
        leave_epoll(c);
        c->ep = ep;
        c->ep_events = events;
        c->ep_data = data;
        struct epoll_event ours = {.events = EPOLLIN, .data.u64 = data};
        o_epoll_ctl(ep, EPOLL_CTL_ADD, c->wake, &ours);
    }
    if (f) fclose(f);
    return c->ep == ep;
}
static int h_epoll_ctl(int ep, int op, int fd, struct epoll_event *e) {
    conn *c = gone || fd < 0 || fd >= MAX_FD ? NULL : by_fd[fd];
    if (c) leave_epoll(c); /* looked up again when it is waited for */
    return o_epoll_ctl(ep, op, fd, e);
}
/* Corrects what the kernel said about one of ours; returns the new number of events. */
static int amend(conn *c, struct epoll_event *ev, int r, int max, int woken) {
    int seen_at = -1, readable = has_surplus(c) && c->ep_events & EPOLLIN;
    for (int i = 0; i < r; i++) {
        if (ev[i].data.u64 != c->ep_data) continue;
        if (seen_at < 0) seen_at = i;
        else {
            ev[seen_at].events |= ev[i].events;
            ev[i--] = ev[--r];
        }
    }
    if (seen_at >= 0 && woken) {
        struct pollfd f = {c->fd, (short)(c->ep_events & 0xffff), 0};
        ev[seen_at].events = o_poll(&f, 1, 0) > 0 ? (uint32_t)f.revents : 0;
    }
    if (readable && seen_at < 0 && r < max) ev[seen_at = r++] = (struct epoll_event){.events = 0, .data.u64 = c->ep_data};
    if (readable && seen_at >= 0) ev[seen_at].events |= EPOLLIN;
    if (seen_at >= 0 && !ev[seen_at].events) ev[seen_at] = ev[--r];
    return r;
}
static int h_epoll_pwait(int ep, struct epoll_event *ev, int max, int ms, const sigset_t *mask) {
    conn *own[MAX_OWN];
    int k = 0, r;
    if (!gone && hooked && !cur) {
        pthread_mutex_lock(&list_lock);
        for (conn *c = conns; c && k < MAX_OWN; c = c->next)
            if (c->live && c->mode == OURS && in_epoll(c, ep)) (own[k++] = c)->users++;
        pthread_mutex_unlock(&list_lock);
    }
    if (!k) return o_epoll_pwait(ep, ev, max, ms, mask);
    int64_t until = until_ms(ms);
    for (;;) {
        int ready = 0, woken = 0, stuck = 0;
        for (int j = 0; j < k; j++) {
            serve(own[j]);
            ready |= has_surplus(own[j]) && own[j]->ep_events & EPOLLIN;
            stuck |= own[j]->stuck;
        }
        int64_t left = ready ? 0 : (left_of(until) + 999999) / 1000000;
        r = o_epoll_pwait(ep, ev, max, stuck ? min_of(left, 10) : until < 0 && !ready ? -1 : left < 0 ? 0 : min_of(left, INT_MAX), mask);
        for (int j = 0; j < k && r >= 0; j++) {
            int ours = awoken(own[j]);
            if (ours) serve(own[j]);
            if (own[j]->ep == ep && own[j]->fd >= 0) r = amend(own[j], ev, r, max, ours);
            woken |= ours;
        }
        if (r || !(woken || stuck) || (until >= 0 && left_of(until) <= 0)) break;
    }
    for (int j = 0; j < k; j++) done(own[j], 0);
    return r;
}
static int h_epoll_wait(int ep, struct epoll_event *ev, int max, int ms) {
    return gone || !hooked ? o_epoll_wait(ep, ev, max, ms) : h_epoll_pwait(ep, ev, max, ms, NULL);
}

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
static void scan(int putting) {
    static walk w; /* large: not on the stack of a client's thread */
    pthread_mutex_lock(&scan_lock);
    w = (walk){.putting = putting, .self = (uintptr_t)scan};
    dl_iterate_phdr(note, &w);
    if (!putting || !hooked || w.adds != scanned) {
        resolve(NULL, RTLD_DEFAULT);
        for (int i = 0; i < 4; i++) {
            void *handle = *w.at[i] ? dlopen(w.at[i], RTLD_LAZY | RTLD_NOLOAD) : NULL; /* kept: it must not go while we call it */
            if (handle) resolve(owners[i], handle);
        }
        slots = 0;
        hooked = putting;
        dl_iterate_phdr(patch, &w);
        scanned = w.adds;
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
    if (fd >= 0 && !o_connect(fd, (void *)&a, sizeof a) && peer_is_right(fd)) return fd;
    if (fd >= 0) o_close(fd);
    return -1;
}
static int open_door(void) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int n = snprintf(a.sun_path + 1, sizeof a.sun_path - 1, "quorate-%d-%d", (int)getpid(), (int)geteuid());
    door = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return door >= 0 && !bind(door, (void *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)) && !listen(door, 4);
}
static int answer_door(int64_t ms) {
    struct pollfd f = {door, POLLIN, 0};
    if (o_poll(&f, 1, (int)ms) <= 0) return -1;
    int fd = accept4(door, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 || peer_is_right(fd)) return fd;
    o_close(fd);
    return -1;
}
static void hang_up(void) {
    pthread_mutex_lock(&ask_lock);
    active = 0;
    if (S >= 0) o_close(S);
    if (A >= 0) o_close(A);
    S = A = -1;
    pthread_mutex_unlock(&ask_lock);
    pthread_mutex_lock(&list_lock);
    for (conn *c = conns; c; c = c->next)
        if (c->live) wake(c);
    pthread_mutex_unlock(&list_lock);
}
static void greet(int64_t patience_ms) {
    int64_t until = now_ns() + patience_ms * 1000000LL;
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
    pthread_mutex_lock(&list_lock);
    conn *known[64];
    int k = 0;
    for (conn *c = conns; c && k < 64; c = c->next)
        if (c->live && c->mode == OURS) (known[k++] = c)->users++;
    pthread_mutex_unlock(&list_lock);
    for (int i = 0; i < k; i++) {
        pthread_mutex_lock(&known[i]->lock);
        pthread_mutex_lock(&ask_lock);
        known[i]->ignored = 0;
        if (active && known[i]->told != session && !tell(known[i], now_ns() + deadline_ms * 1000000LL)) fail_open();
        pthread_mutex_unlock(&ask_lock);
        pthread_mutex_unlock(&known[i]->lock);
        done(known[i], 0);
    }
}
static void obey(command *q) {
    int64_t until = now_ns() + SECOND;
    if (q->h.type == DETACH) {
        put(A, ACK, 0, 0, q->h.offset, NULL, 0, until);
        fail_open();
    }
    pthread_mutex_lock(&list_lock);
    conn *c = conns;
    while (c && !(c->live && c->id == q->h.conn)) c = c->next;
    pthread_mutex_lock(&queue_lock);
    int ours = c && (q->h.type == INJECT || q->h.type == TABLE || q->h.type == REPL || q->h.type == IGNORE);
    if (ours) {
        *c->tail = q;
        c->tail = &q->next;
    }
    if (q->h.offset > seen) seen = q->h.offset;
    pthread_cond_broadcast(&queued);
    pthread_mutex_unlock(&queue_lock);
    if (ours) wake(c);
    pthread_mutex_unlock(&list_lock);
    if (!ours && q->h.conn) put(A, NACK, q->h.dir, q->h.conn, q->h.offset, "no such connection", 18, until);
    if (!ours) free(q);
}
/* Nothing of ours is left anywhere: the hooks go. */
static void withdraw(void) {
    int all_clean = 1;
    pthread_mutex_lock(&list_lock);
    for (conn *c = conns; c; c = c->next) {
        if (!c->live || pthread_mutex_trylock(&c->lock)) {
            all_clean &= !c->live;
            continue;
        }
        all_clean &= clean(c);
        pthread_mutex_unlock(&c->lock);
    }
    if (all_clean) {
        scan(0);
        for (conn *c = conns; c; c = c->next)
            if (c->live) forget(c);
        for (int fd = 0; fd < MAX_FD; fd++) foreign[fd] = 0;
    }
    pthread_mutex_unlock(&list_lock);
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
            A = answer_door(2000);
            greet(2000);
            continue;
        }
        struct pollfd f[2] = {{A, POLLIN, 0}, {door, POLLIN, 0}};
        if (o_poll(f, 2, TICK_MS) <= 0) {
            scan(1);
            continue;
        }
        if (f[1].revents && (f[1].fd = accept4(door, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
            put(f[1].fd, NACK, 0, 0, 0, "busy", 4, now_ns());
            o_close(f[1].fd);
        }
        command *q = f[0].revents ? get(A, INT64_MAX) : NULL;
        if (q) obey(q);
        else if (f[0].revents) fail_open();
    }
    return NULL;
}
static void in_fork(void) {
    gone = 1;
    active = 0;
    if (S >= 0) o_close(S);
    if (A >= 0) o_close(A);
    if (door >= 0) o_close(door);
}
static void start(const char *to, int waiting) {
    sigset_t all, before;
    pthread_t t;
    if (strlen(to) >= sizeof path || getrandom(instance, sizeof instance, 0) != sizeof instance) return;
    resolve(NULL, RTLD_DEFAULT);
    if (!open_door()) return;
    strcpy(path, to);
    pthread_atfork(NULL, NULL, in_fork);
    if (waiting && (S = dial()) >= 0) A = dial();
    if (waiting) greet(1000);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (!pthread_create(&t, NULL, work, waiting ? NULL : path)) pthread_detach(t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}
/* Put in by an injector, which must leave the library where it is. */
__attribute__((visibility("default"))) void quorate_shim_entry(const char *data, int *stay, void *state) {
    (void)state;
    *stay = 1;
    start(data, 0);
}
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
