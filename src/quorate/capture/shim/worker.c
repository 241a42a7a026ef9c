/* Our own thread, and how the library begins. */
#include "shim.h"

static int door = -1;
static unsigned char instance[16];
static char path[108];
enum { MESSAGE_MS = 2000 }; /* a message that has begun is not waited for for ever */

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
    if (fd < 0 || bind(fd, (void *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)) ||
        listen(fd, 4))
        return disown(fd), 0;
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
    struct { uint32_t version, slots; unsigned char instance[16]; } hello = {1, 0, {0}};
    scan(1); /* may take its time where much is loaded: the patience is for whom we greet */
    int64_t until = in_ms(patience_ms);
    hello.slots = (uint32_t)slots;
    memcpy(hello.instance, instance, 16);
    command *w = NULL;
    if (S < 0 || A < 0 || !put(S, HELLO, 0, 0, (uint64_t)getpid(), &hello, sizeof hello, until) ||
        !put(A, HELLO, 0, 0, (uint64_t)getpid(), &hello, sizeof hello, until) || !(w = get(S, until)) ||
        w->h.type != WELCOME || w->h.len != 4)
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
    if (first) scan(1); /* who is dialled waits for the greeting */
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
        command *q = f[0].revents ? get(A, in_ms(MESSAGE_MS)) : NULL;
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
    if (home == getpid() || strlen(to) >= sizeof path || getrandom(instance, sizeof instance, 0) != sizeof instance)
        return;
    resolve("", RTLD_DEFAULT);
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
    if (!to || !list || strlen(list) >= sizeof kept || readlink("/proc/self/exe", exe, sizeof exe - 1) < 0 ||
        !dladdr((void *)preloaded, &self))
        return;
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
