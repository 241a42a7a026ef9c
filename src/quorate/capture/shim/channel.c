/* The two sockets to Quorate: messages, whole or not at all. */
#include "shim.h"

int S = -1, A = -1, deadline_ms = 200, session;
uint64_t seen;
pthread_cond_t queued = PTHREAD_COND_INITIALIZER;
enum { MAX_MESSAGE = 1 << 24 };

void fail_open(void) { /* the lock: the worker closes both, and their numbers may be the client's then */
    lock(&queue_lock);
    if (atomic_exchange(&active, 0)) shutdown(S, SHUT_RDWR), shutdown(A, SHUT_RDWR);
    pthread_cond_broadcast(&queued);
    unlock(&queue_lock);
}
/* All of it before `until` (ns), or 0. */
static int transfer(int fd, void *p, size_t n, int writing, int64_t until) {
    for (size_t k = 0; k < n;) {
        ssize_t r = writing ? send(fd, (char *)p + k, n - k, MSG_NOSIGNAL | MSG_DONTWAIT)
                            : recv(fd, (char *)p + k, n - k, MSG_DONTWAIT);
        if (r > 0) k += (size_t)r;
        if (r > 0) continue;
        int64_t left = until - now_ns();
        if (r == 0 || (errno != EAGAIN && errno != EINTR) || left <= 0) return 0;
        struct timespec t = span(left);
        ppoll(&(struct pollfd){fd, writing ? POLLOUT : POLLIN, 0}, 1, &t, NULL);
    }
    return 1;
}
int put(int fd, int type, int dir, uint32_t id, uint64_t offset, const void *p, size_t n, int64_t until) {
    char one[sizeof(head) + 4096];
    head h = {(uint32_t)n, (uint8_t)type, (uint8_t)dir, 0, id, offset};
    size_t k = n <= 4096 ? n : 0; /* what is small goes in one piece */
    memcpy(one, &h, sizeof h);
    if (k) memcpy(one + sizeof h, p, k);
    return transfer(fd, one, sizeof h + k, 1, until) && transfer(fd, (char *)p + k, n - k, 1, until);
}
command *get(int fd, int64_t until) {
    head h;
    command *c = transfer(fd, &h, sizeof h, 0, until) && h.len <= MAX_MESSAGE ? malloc(sizeof *c + h.len) : NULL;
    if (!c) return NULL;
    *c = (command){NULL, h};
    if (transfer(fd, c->data, h.len, 0, until)) return c;
    free(c);
    return NULL;
}
