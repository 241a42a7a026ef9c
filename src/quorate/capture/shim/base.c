/* Time, locks, and descriptors of our own. */
#include "shim.h"

pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER, ask_lock = PTHREAD_MUTEX_INITIALIZER,
                queue_lock = PTHREAD_MUTEX_INITIALIZER;
atomic_int active, hooked;
_Atomic uint8_t ours[MAX_FD];
pid_t home;
__thread conn *cur;
__thread int io_flags, nowait, reading;
enum { HIGH_FD = 900 };

int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}
int64_t in_ms(int64_t ms) { return now_ns() + ms * 1000000; }
struct timespec span(int64_t ns) {
    return ns < 0 ? (struct timespec){0, 0} : (struct timespec){ns / SECOND, ns % SECOND};
}
int away(void) { return !hooked || cur || getpid() != home; }
/* Whoever holds a lock gives it back: until then no signal's handler runs in the thread (it may say goodbye on the
 * connection, or end the process) and nobody cancels it. */
static __thread struct { int depth, cancel; sigset_t mask; } guard;
void lock(pthread_mutex_t *m) {
    if (!guard.depth++) {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &guard.mask);
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &guard.cancel);
    }
    pthread_mutex_lock(m);
}
void unlock(pthread_mutex_t *m) {
    pthread_mutex_unlock(m);
    if (--guard.depth) return;
    pthread_setcancelstate(guard.cancel, NULL);
    pthread_sigmask(SIG_SETMASK, &guard.mask, NULL);
}
/* Our own descriptors: numbers a client does not come to, and which it cannot close with all it does not know. */
int own(int fd) {
    int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);
    if (high >= 0) o_close(fd), fd = high;
    if (fd >= 0 && fd < MAX_FD) ours[fd] = 1;
    return fd;
}
void disown(int fd) {
    if (fd >= 0 && fd < MAX_FD) ours[fd] = 0;
    if (fd >= 0) o_close(fd);
}
