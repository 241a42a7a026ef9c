/* The client's connections: found by handle and by descriptor, told from each other, forgotten. */
#include "shim.h"

conn *_Atomic conns, *_Atomic by_fd[MAX_FD];
_Atomic uint8_t foreign[MAX_FD];
atomic_int memory_bios;
static uint32_t next_id = 1;
static _Atomic int64_t owed_until; /* when the last session is over that nobody may resume */
#define RESUMABLE (86400 * SECOND) /* no server keeps a session longer whose connection is lost */

conn *at(int fd) { return fd >= 0 && fd < MAX_FD ? by_fd[fd] : NULL; }
void wake(conn *c) {
    if (c->wake >= 0 && eventfd_write(c->wake, 1)) return; /* it is awake already */
}
void awoken(const conn *c) {
    eventfd_t n;
    eventfd_read(c->wake, &n);
}
int is_stream_socket(int fd, int internet) {
    int domain = 0, type = 0;
    socklen_t n = sizeof domain, m = sizeof type;
    return fd >= 0 && fd < MAX_FD && !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) &&
           !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &m) && type == SOCK_STREAM &&
           (!internet || domain == AF_INET || domain == AF_INET6);
}
/* Its client counts otherwise than its server, and knows the session by the server's own id: it was joined midway. On
 * another connection, and without Quorate, nobody knows how to translate. */
static int owes(const conn *c) {
    return c->live && !c->fresh && c->w[UP].tok.depth &&
           (table_shifts(&c->w[UP].table) || table_shifts(&c->w[DOWN].table));
}
int owed(void) {
    conn *c = conns;
    while (c && !owes(c)) c = c->next;
    return c || now_ns() < owed_until;
}
void forget(conn *c) {
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
void set_fd(conn *c, int fd) {
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
    /* SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER: a call begun before us is repeated from our copy */
    o_SSL_ctrl(c->key, 33, 2, NULL);
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
/* The connection of a handle; `create`: made if it is new. NULL if the call passes. Every one goes through `done`. */
conn *take(int lib, const void *key, int create) {
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
conn *take_fd(int fd) { /* if it is one of ours */
    conn *c = at(fd);
    if (!c || away()) return NULL;
    lock(&list_lock);
    if (!c->live || c->mode != OURS || by_fd[fd] != c) c = NULL;
    else c->users++;
    unlock(&list_lock);
    return c;
}
long done(conn *c, long r) {
    io_flags = 0;
    c->users--;
    return r;
}
