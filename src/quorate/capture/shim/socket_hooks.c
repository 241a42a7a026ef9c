/* In place of what the client, or its TLS library, does with sockets. */
#include "shim.h"

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
    if (r <= 0 || !memory_bios || away()) return;
    conn *c = at(fd);
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
    return done(c, do_read(c, b, n))
#define SEND(fd, p, n, flags, original) \
    conn *c = (n) && !((flags) & ~(MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE)) ? plain(fd) : NULL; \
    if (!c && cur && nowait && fd == cur->fd) return o_send(fd, p, n, (flags) | MSG_DONTWAIT); \
    if (!c && !bio_first(fd)) return -1; \
    if (!c) { \
        ssize_t r = original; \
        return bio_sent(fd, p, n, r), r; \
    } \
    io_flags = flags; \
    return done(c, do_write(c, p, n))
ssize_t h_read(int fd, void *b, size_t n) { RECEIVE(fd, b, n, 0, o_read(fd, b, n)); }
ssize_t h_recv(int fd, void *b, size_t n, int f) { RECEIVE(fd, b, n, f, o_recv(fd, b, n, f)); }
ssize_t h_recvfrom(int fd, void *b, size_t n, int f, struct sockaddr *a, socklen_t *l) {
    RECEIVE(fd, b, n, a ? MSG_OOB : f, o_recvfrom(fd, b, n, f, a, l));
}
ssize_t h___read_chk(int fd, void *b, size_t n, size_t k) {
    return n > k ? o___read_chk(fd, b, n, k) : h_read(fd, b, n);
}
ssize_t h___recv_chk(int fd, void *b, size_t n, size_t k, int f) {
    return n > k ? o___recv_chk(fd, b, n, k, f) : h_recv(fd, b, n, f);
}
ssize_t h_write(int fd, const void *p, size_t n) { SEND(fd, p, n, 0, o_write(fd, p, n)); }
ssize_t h_send(int fd, const void *p, size_t n, int f) { SEND(fd, p, n, f, o_send(fd, p, n, f)); }
ssize_t h_sendto(int fd, const void *p, size_t n, int f, const struct sockaddr *a, socklen_t l) {
    SEND(fd, p, n, a ? MSG_OOB : f, o_sendto(fd, p, n, f, a, l));
}
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
/* Fewer bytes than there is room for are always allowed. */
static ssize_t scatter(int fd, const struct iovec *v, size_t k, int f) {
    while (k > 1 && !v->iov_len) v++, k--;
    return h_recv(fd, v->iov_base, v->iov_len, f);
}
ssize_t h_writev(int fd, const struct iovec *v, int k) {
    return k > 0 && whole(fd) ? gather(fd, v, (size_t)k, 0) : o_writev(fd, v, k);
}
ssize_t h_readv(int fd, const struct iovec *v, int k) {
    return k > 0 && whole(fd) ? scatter(fd, v, (size_t)k, 0) : o_readv(fd, v, k);
}
ssize_t h_sendmsg(int fd, const struct msghdr *m, int f) {
    return !m->msg_controllen && !m->msg_namelen && !(f & ~(MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE)) && whole(fd)
               ? gather(fd, m->msg_iov, m->msg_iovlen, f)
               : o_sendmsg(fd, m, f);
}
ssize_t h_recvmsg(int fd, struct msghdr *m, int f) {
    if (!m->msg_iovlen || f & ~(MSG_DONTWAIT | MSG_NOSIGNAL | MSG_CMSG_CLOEXEC) || !whole(fd))
        return o_recvmsg(fd, m, f);
    m->msg_namelen = 0;
    m->msg_controllen = 0;
    m->msg_flags = 0;
    return scatter(fd, m->msg_iov, m->msg_iovlen, f & ~MSG_CMSG_CLOEXEC);
}
static void fd_ends(int fd, int dies) {
    conn *c = at(fd);
    if (fd >= 0 && fd < MAX_FD && dies) foreign[fd] = 0;
    if (!c || away()) return;
    if (c->lib == PLAIN) before_end(PLAIN, c->key, 1, dies);
    else if (dies) {
        by_fd[fd] = NULL;
        c->fd = -1;
    }
}
int h_close(int fd) {
    int here = getpid() == home;
    if (here && fd >= 0 && fd < MAX_FD && ours[fd]) return 0;
    fd_ends(fd, 1);
    for (conn *c = here ? conns : NULL; c; c = c->next) { /* it may be an epoll set's */
        if (c->ep == fd) c->ep = -1;
        if (c->not_ep == fd) c->not_ep = -1;
    }
    return o_close(fd);
}
int h_shutdown(int fd, int how) { return fd_ends(fd, 0), o_shutdown(fd, how); }
static void before_connect(int fd) {
    if (away()) return;
    if (!at(fd) || at(fd)->lib == PLAIN) fd_ends(fd, 1);
    scan(1);
}
int h_connect(int fd, const struct sockaddr *a, socklen_t n) { return before_connect(fd), o_connect(fd, a, n); }
/* Found by modules that are loaded after LD_PRELOAD put us in: this scan then finds what else they call. */
__attribute__((visibility("default"))) int connect(int fd, const struct sockaddr *a, socklen_t n) {
    static int (*next)(int, const struct sockaddr *, socklen_t);
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, "connect");
    return before_connect(fd), next(fd, a, n);
}
