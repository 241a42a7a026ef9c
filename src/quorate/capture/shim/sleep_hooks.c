/* In place of poll, select and epoll_wait: the client's thread is woken to do what is queued for its connections. */
#include "shim.h"

enum { MAX_OWN = 8, MAX_POLL = 512 }; /* connections that are woken in one poll; descriptors in it */

typedef struct { conn *c; int wants, at; } sleeper; /* wants: to read; at: its place in the client's list */
static int has_surplus(const sleeper *s) { return s->wants && s->c->w[DOWN].out.n && !s->c->bio; }
static int64_t left_of(int64_t until) { return until < 0 ? SECOND * 86400 : until - now_ns(); }
static int64_t until_ms(int ms) { return ms < 0 ? -1 : in_ms(ms); }
static int64_t until_ts(const struct timespec *t) {
    return t ? now_ns() + (t->tv_sec < SECOND ? t->tv_sec : SECOND) * SECOND + t->tv_nsec : -1;
}
static void add_sleeper(sleeper *own, int *k, int fd, int wants, int at) {
    conn *c = *k < MAX_OWN ? take_fd(fd) : NULL;
    if (c) own[(*k)++] = (sleeper){c, wants, at};
}
/* Sleeps as ppoll does, but does what is queued for our connections meanwhile; ends as well when one of them has
 * something to read. `until`: ns, negative for ever. Leaves `own` to nobody. */
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
            /* the client may have closed it, past our hooks */
            if (g[n + 2 * (nfds_t)j].revents & POLLNVAL) own[j].c->wake = -1;
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
int h_ppoll(struct pollfd *f, nfds_t n, const struct timespec *t, const sigset_t *mask) {
    sleeper own[MAX_OWN];
    int k = 0;
    if (cur && reading) return sleep_inside(f, n, t, mask);
    for (nfds_t i = 0; i < n && n <= MAX_POLL; i++) add_sleeper(own, &k, f[i].fd, f[i].events & POLLIN, (int)i);
    return k ? doze(f, n, own, k, until_ts(t), mask) : o_ppoll(f, n, t, mask);
}
int h_poll(struct pollfd *f, nfds_t n, int ms) {
    struct timespec t = span(ms * 1000000LL);
    return h_ppoll(f, n, ms < 0 ? NULL : &t, NULL);
}
int h___poll_chk(struct pollfd *f, nfds_t n, int ms, size_t k) {
    return k / sizeof *f < n ? o___poll_chk(f, n, ms, k) : h_poll(f, n, ms);
}
int h_pselect(int n, fd_set *r, fd_set *w, fd_set *e, const struct timespec *t, const sigset_t *mask) {
    sleeper own[MAX_OWN];
    struct pollfd f[MAX_POLL];
    int k = 0, m = 0, count = 0;
    for (int fd = 0; fd < n && n <= FD_SETSIZE && m < MAX_POLL; fd++) {
        short events = (short)((r && FD_ISSET(fd, r) ? POLLIN : 0) | (w && FD_ISSET(fd, w) ? POLLOUT : 0) |
                               (e && FD_ISSET(fd, e) ? POLLPRI : 0));
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
int h_select(int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *tv) {
    if (tv && (tv->tv_sec < 0 || tv->tv_usec < 0)) return o_select(n, r, w, e, tv);
    struct timespec t =
        tv ? (struct timespec){tv->tv_sec + tv->tv_usec / 1000000, tv->tv_usec % 1000000 * 1000} : span(0);
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
int h_epoll_ctl(int ep, int op, int fd, struct epoll_event *e) {
    conn *c = at(fd);
    if (c && !away()) c->ep = c->not_ep = -1; /* looked up again when it is waited for */
    return o_epoll_ctl(ep, op, fd, e);
}
int h_epoll_pwait(int ep, struct epoll_event *ev, int max, int ms, const sigset_t *mask) {
    sleeper own[MAX_OWN];
    int k = 0, r;
    for (int64_t until = until_ms(ms);;) {
        if (!away()) {
            lock(&list_lock);
            for (conn *c = conns; c && k < MAX_OWN; c = c->next)
                if (c->live && c->mode == OURS && in_epoll(c, ep))
                    own[k++] = (sleeper){c, (c->ep_events & (EPOLLIN | EPOLLONESHOT)) == EPOLLIN, -1}, c->users++;
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
int h_epoll_wait(int ep, struct epoll_event *ev, int max, int ms) { return h_epoll_pwait(ep, ev, max, ms, NULL); }
