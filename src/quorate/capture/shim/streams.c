/* Reading and writing in the client's threads. */
#include "shim.h"

enum { ASK = 65536 }; /* bytes asked about at a time */

int small(size_t n) { return n > INT_MAX ? INT_MAX : (int)n; }
static int flags_now(void) { return io_flags | (nowait ? MSG_DONTWAIT : 0); }
static long raw_read(conn *c, void *b, size_t n) { /* as the client would, past the hooks */
    conn *before = cur;
    long r = 0;
    cur = c;
    if (c->lib == PLAIN) r = o_recv((int)(intptr_t)c->key, b, n, flags_now());
    if (c->lib == OPENSSL) r = o_SSL_read(c->key, b, small(n));
    if (c->lib == GNUTLS) r = o_gnutls_record_recv(c->key, b, n);
    if (c->lib == NSS) r = o_PR_Read(c->key, b, small(n));
    cur = before;
    return r;
}
static long raw_write(conn *c, const void *b, size_t n) {
    conn *before = cur;
    long r = 0;
    cur = c;
    if (c->lib == PLAIN) r = o_send((int)(intptr_t)c->key, b, n, flags_now());
    if (c->lib == OPENSSL) r = o_SSL_write(c->key, b, small(n));
    if (c->lib == GNUTLS) r = o_gnutls_record_send(c->key, b, n);
    if (c->lib == NSS) r = o_PR_Write(c->key, b, small(n));
    cur = before;
    return r;
}
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
static long flush_up(conn *c) {
    for (c->stuck = 0;;) {
        if (!c->pend.n) {
            buf b = c->pend;
            c->pend = c->w[UP].out;
            c->w[UP].out = b;
            c->done = 0;
        }
        if (!c->pend.n) return 1;
        long r = raw_write(c, c->pend.p + c->done, c->pend.n - c->done);
        if (r <= 0) c->stuck = may_retry(c, r);
        if (r <= 0) return r;
        if ((c->done += (size_t)r) == c->pend.n) buf_cut(&c->pend, c->pend.n);
    }
}
/* `patient`: a blocking client waits here, and others may read meanwhile. */
static long flush_and_wait(conn *c, int patient) {
    long r;
    while ((r = flush_up(c)) <= 0 && patient && c->stuck) {
        unlock(&c->lock);
        o_poll(&(struct pollfd){c->fd, POLLOUT, 0}, 1, -1);
        lock(&c->lock);
    }
    return r;
}
int flush_rest(conn *c) { /* 0: it would block */
    ssize_t r = 0;
    for (; c->rest.n && r >= 0; buf_cut(&c->rest, r > 0 ? (size_t)r : 0))
        r = o_send(c->fd, c->rest.p, c->rest.n, MSG_NOSIGNAL | MSG_DONTWAIT);
    return !c->rest.n;
}
void serve(conn *c) { /* in a thread of the client's, between its calls: does what is queued */
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
        flush_up(c);
        if (c->lib == OPENSSL) o_ERR_pop_to_mark();
        for (int r; c->bio && (r = o_BIO_read(c->bio, b, sizeof b)) > 0;) buf_add(&c->rest, b, (size_t)r);
        if (c->bio) c->stuck = !flush_rest(c);
    }
    unlock_with(c, 0);
    io_flags = before;
    errno = e;
}
long do_write(conn *c, const char *p, size_t n) {
    lock(&c->lock);
    if (c->mode == UNKNOWN || (c->lib == PLAIN && n && *p == 0x16)) classify(c, UP, p, n);
    if (c->mode != OURS) return unlock_with(c, 0), raw_write(c, p, n);
    int patient = nowait = blocks(c);
    settle(c);
    long r = flush_and_wait(c, patient);
    int e = errno;
    if (c->last.n) { /* the client repeats a call that would have blocked */
        size_t k = !p || c->last.n < n ? c->last.n : n;
        if (r <= 0) return unlock_with(c, r);
        int same = !p || !memcmp(p, c->last.p, k);
        buf_cut(&c->last, same ? k : c->last.n);
        if (same) return unlock_with(c, (long)k);
    }
    for (size_t k, at = 0; at < n; at += k) judge(c, UP, p + at, k = n - at < ASK ? n - at : ASK, 0);
    if (r > 0) r = flush_and_wait(c, patient), e = errno;
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
long do_read(conn *c, char *b, size_t n) {
    way *w = &c->w[DOWN];
    long r = 0;
    for (int waits, woken = 1;; waits ? woken = wait_readable(c) : 0) {
        int mode = c->mode, first = mode != OURS;
        waits = !first && blocks(c);
        if (first && ((r = raw_read(c, b, n)) <= 0 || mode == FOREIGN)) return r;
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
        if (!first) r = raw_read(c, b, n);
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
