/* A client that sends the lines of its standard input, without their ends, and prints what it receives: chat LIBRARY LOOP PORT [SNDBUF].
 * Nonblocking, except the loop `blocking`, which has a thread for each direction. Prototypes by hand: no -dev packages needed. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int sock = -1;
static void die(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(2);
}
/* Each library: begin the session; read and write give -1 for "later", -2 for an error, 0 for the end. */
#ifdef OPENSSL
void *TLS_client_method(void), *SSL_CTX_new(const void *), *SSL_new(void *);
int SSL_set_fd(void *, int), SSL_connect(void *), SSL_read(void *, void *, int), SSL_write(void *, const void *, int), SSL_get_error(const void *, int);
int SSL_shutdown(void *), SSL_pending(const void *);
void SSL_free(void *);
static void *session;
static void begin(void) {
    session = SSL_new(SSL_CTX_new(TLS_client_method()));
    SSL_set_fd(session, sock);
    if (SSL_connect(session) != 1) die("SSL_connect");
}
static long outcome(int r) {
    if (r > 0) return r;
    int e = SSL_get_error(session, r);
    return e == 2 || e == 3 ? -1 : e == 6 ? 0 : -2;
}
static long get(char *b, size_t n) { return outcome(SSL_read(session, b, (int)n)); }
static long put(const char *b, size_t n) { return outcome(SSL_write(session, b, (int)n)); }
static int pending(void) { return SSL_pending(session) > 0; }
static void end(void) { SSL_shutdown(session), SSL_free(session), close(sock); }
static void nonblocking(void) { fcntl(sock, F_SETFL, O_NONBLOCK); }
#elif defined(GNUTLS) || defined(GIO)
int gnutls_init(void **, unsigned), gnutls_set_default_priority(void *), gnutls_credentials_set(void *, int, void *), gnutls_handshake(void *);
int gnutls_certificate_allocate_credentials(void **), gnutls_bye(void *, int);
void gnutls_transport_set_int2(void *, int, int), gnutls_deinit(void *), gnutls_transport_set_errno(void *, int);
void gnutls_transport_set_ptr(void *, void *), gnutls_transport_set_pull_function(void *, ssize_t (*)(void *, void *, size_t));
void gnutls_transport_set_push_function(void *, ssize_t (*)(void *, const void *, size_t));
void gnutls_transport_set_pull_timeout_function(void *, int (*)(void *, unsigned));
ssize_t gnutls_record_recv(void *, void *, size_t), gnutls_record_send(void *, const void *, size_t);
size_t gnutls_record_check_pending(void *);
static void *session;
static ssize_t pull(void *x, void *b, size_t n) { (void)x; return recv(sock, b, n, 0); }
static ssize_t push(void *x, const void *b, size_t n) { (void)x; return send(sock, b, n, 0); }
static int pull_timeout(void *x, unsigned ms) { (void)x; struct pollfd f = {sock, POLLIN, 0}; return poll(&f, 1, (int)ms); }
static void begin(void) {
    void *credentials;
    gnutls_init(&session, 2);
    gnutls_set_default_priority(session);
    gnutls_certificate_allocate_credentials(&credentials);
    gnutls_credentials_set(session, 1, credentials);
#ifdef GIO /* as GIO does: the transport is an object, its functions do the reading */
    gnutls_transport_set_ptr(session, malloc(64));
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_push_function(session, push);
    gnutls_transport_set_pull_timeout_function(session, pull_timeout);
#else
    (void)pull, (void)push, (void)pull_timeout;
    gnutls_transport_set_int2(session, sock, sock);
#endif
    int r;
    while ((r = gnutls_handshake(session)) < 0)
        if (r != -28 && r != -52) die("gnutls_handshake");
}
static long outcome(ssize_t r) { return r >= 0 ? r : r == -28 || r == -52 ? -1 : -2; }
static long get(char *b, size_t n) { return outcome(gnutls_record_recv(session, b, n)); }
static int again;
static long put(const char *b, size_t n) { /* the repeated call may be without the bytes */
    long r = outcome(again && getenv("REPEAT_EMPTY") ? gnutls_record_send(session, NULL, 0) : gnutls_record_send(session, b, n));
    again = r == -1;
    return r;
}
static int pending(void) { return gnutls_record_check_pending(session) > 0; }
static void end(void) { gnutls_bye(session, 1), gnutls_deinit(session), close(sock); }
static void nonblocking(void) { fcntl(sock, F_SETFL, O_NONBLOCK); }
#elif defined(NSS)
int NSS_NoDB_Init(const char *), NSS_SetDomesticPolicy(void), SSL_AuthCertificateHook(void *, int (*)(void *, void *, int, int), void *);
int SSL_ResetHandshake(void *, int), SSL_ForceHandshake(void *), SSL_SetURL(void *, const char *), PR_Read(void *, void *, int);
int PR_Write(void *, const void *, int), PR_GetError(void), PR_SetSocketOption(void *, const void *), PR_Close(void *);
void *PR_ImportTCPSocket(int), *SSL_ImportFD(void *, void *);
static void *session;
static int good(void *a, void *f, int b, int c) { (void)a, (void)f, (void)b, (void)c; return 0; }
static void begin(void) {
    NSS_NoDB_Init(NULL);
    NSS_SetDomesticPolicy();
    session = SSL_ImportFD(NULL, PR_ImportTCPSocket(sock));
    SSL_AuthCertificateHook(session, good, NULL);
    SSL_SetURL(session, "localhost");
    SSL_ResetHandshake(session, 0);
    if (SSL_ForceHandshake(session)) die("SSL_ForceHandshake");
}
static long outcome(int r) { return r >= 0 ? r : PR_GetError() == -5998 ? -1 : -2; }
static long get(char *b, size_t n) { return outcome(PR_Read(session, b, (int)n)); }
static long put(const char *b, size_t n) { return outcome(PR_Write(session, b, (int)n)); }
static int pending(void) { return 0; }
static void end(void) { PR_Close(session); }
static void nonblocking(void) {
    struct { int option; union { int yes; long room[8]; } value; } o = {0, {1}};
    if (PR_SetSocketOption(session, &o)) die("PR_SetSocketOption");
}
#else
static void begin(void) {}
static long outcome(ssize_t r) { return r >= 0 ? r : errno == EAGAIN ? -1 : -2; }
static int vectors(void) { return getenv("VECTORS") != NULL; }
static long get(char *b, size_t n) {
    struct iovec v[2] = {{b, 3}, {b + 3, n - 3}};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
    return outcome(vectors() ? recvmsg(sock, &m, 0) : recv(sock, b, n, 0));
}
static long put(const char *b, size_t n) {
    size_t half = n / 2;
    struct iovec v[2] = {{(void *)b, half}, {(void *)(b + half), n - half}};
    return outcome(vectors() ? writev(sock, v, 2) : write(sock, b, n));
}
static int pending(void) { return 0; }
static void end(void) { close(sock); }
static void nonblocking(void) { fcntl(sock, F_SETFL, O_NONBLOCK); }
#endif

static char *out;
static size_t queued, room;
static int saved_epoll = -1;
enum { BAD_FD = 777 };

static int wait_for(const char *loop, int readable[2], int writing) {
    if (!strcmp(loop, "poll") || !strcmp(loop, "ppoll")) {
        struct pollfd f[2] = {{0, POLLIN, 0}, {sock, (short)(POLLIN | (writing ? POLLOUT : 0)), 0}};
        struct timespec t = {60, 0};
        int r = strcmp(loop, "poll") ? ppoll(f, 2, &t, NULL) : poll(f, 2, -1);
        readable[0] = f[0].revents != 0;
        readable[1] = (f[1].revents & ~POLLOUT) != 0;
        return r;
    }
    if (!strcmp(loop, "epoll")) {
        struct epoll_event e = {.events = EPOLLIN, .data.u32 = 77}, got[8];
        if (saved_epoll < 0) {
            saved_epoll = epoll_create1(0);
            epoll_ctl(saved_epoll, EPOLL_CTL_ADD, 0, &e);
            e.data.u32 = 78;
            epoll_ctl(saved_epoll, EPOLL_CTL_ADD, sock, &e);
        }
        e.data.u32 = 78;
        e.events = EPOLLIN | (writing ? EPOLLOUT : 0);
        epoll_ctl(saved_epoll, EPOLL_CTL_MOD, sock, &e);
        int r = epoll_wait(saved_epoll, got, 8, -1);
        readable[0] = readable[1] = 0;
        for (int i = 0; i < r; i++) {
            if (got[i].data.u32 != 77 && got[i].data.u32 != 78) die("an event of somebody else's");
            readable[got[i].data.u32 - 77] |= (got[i].events & ~EPOLLOUT) != 0;
        }
        return r;
    }
    fd_set in, o;
    struct timeval tv = {0, 60000000}; /* Linux allows it */
    struct timespec ts = {60, 0};
    FD_ZERO(&in);
    FD_ZERO(&o);
    FD_SET(0, &in);
    FD_SET(sock, &in);
    if (writing) FD_SET(sock, &o);
    if (getenv("BAD_FD")) {
        fd_set bad = in;
        FD_SET(BAD_FD, &bad);
        if (select(BAD_FD + 1, &bad, NULL, NULL, &tv) != -1 || errno != EBADF) die("select of a closed descriptor");
    }
    int r = strcmp(loop, "select") ? pselect(sock + 1, &in, &o, NULL, &ts, NULL) : select(sock + 1, &in, &o, NULL, &tv);
    readable[0] = FD_ISSET(0, &in);
    readable[1] = FD_ISSET(sock, &in);
    if (r != FD_ISSET(0, &in) + FD_ISSET(sock, &in) + FD_ISSET(sock, &o)) die("select counts wrongly");
    return r;
}
static void *read_for_ever(void *x) {
    char b[4096];
    long r;
    while ((r = get(b, sizeof b)) > 0 || r == -1) fwrite(b, 1, r > 0 ? (size_t)r : 0, stdout), fflush(stdout); /* GnuTLS: "again" after a ticket */
    (void)!write(1, "[end]", 5);
    return x;
}
static size_t take_lines(void) { /* 0 at the end of the input */
    if (room < queued + 65536) out = realloc(out, room = queued + 131072);
    ssize_t n = read(0, out + queued, 65536);
    size_t kept = queued;
    for (ssize_t i = 0; i < n; i++)
        if (out[queued + (size_t)i] != '\n') out[kept++] = out[queued + (size_t)i];
    queued = kept;
    return n > 0;
}
static void blocking(void) {
    pthread_t t;
    pthread_create(&t, NULL, read_for_ever, NULL);
    while (take_lines()) {
        if (queued && put(out, queued) < 0) die("write");
        queued = 0;
    }
    shutdown(sock, SHUT_WR);
    pthread_join(t, NULL);
    end();
}
static void fork_without_exec(int signal_) {
    (void)signal_;
    pid_t child = fork();
    if (child == 0) {
        char b[64];
        long r = put("<from-child/>", 13);
        (void)!write(1, "[forked]", 8);
        (void)r, (void)b;
        _exit(0);
    }
    waitpid(child, NULL, 0);
}
static void goodbye(int signal_) { /* as mcabber does when it is told to end */
    char unread[4096];
    int kept = dup(sock);
    (void)signal_;
    put("<goodbye/>", 10);
    end();
    shutdown(kept, SHUT_WR);
    fcntl(kept, F_SETFL, 0);
    while (syscall(SYS_read, kept, unread, sizeof unread) > 0) {} /* closed with tickets unread it is reset: the goodbye may be lost */
    _exit(3);
}
/* Closes what it does not know, one by one or by the kernel. */
static void close_others(const char *how) {
    for (int fd = 3; how[0] == 'l' && fd < 1024; fd++)
        if (fd != sock) close(fd);
    for (int fd = 3; how[0] == 'r' && fd < 1024; fd++)
        if (fd != sock) syscall(SYS_close, fd);
}
int main(int argc, char **argv) {
    if (argc < 3) return 64;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2])), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int small = argc > 3 ? atoi(argv[3]) : 0, is_readable[2], stuck = 0, open_ = 1;
    sock = socket(AF_INET, SOCK_STREAM, 0);
    if (small) setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    if (connect(sock, (void *)&a, sizeof a)) die("connect");
    signal(SIGUSR1, fork_without_exec);
    signal(SIGUSR2, goodbye);
    signal(SIGPIPE, SIG_IGN);
    begin();
    if (!strcmp(argv[1], "blocking")) return blocking(), 0;
    nonblocking();
    int closes = getenv("CLOSES") != NULL, heard = 0;
    while (open_ || queued) {
        char b[1024];
        long r = 1;
        int waited = pending() ? 1 : wait_for(argv[1], is_readable, stuck);
        if (waited < 0 && errno != EINTR) die("wait");
        if (waited < 0) continue;
        if (pending()) is_readable[0] = 0, is_readable[1] = 1;
        while (is_readable[1] && (r = get(b, sizeof b)) > 0) heard = 1, fwrite(b, 1, (size_t)r, stdout), fflush(stdout);
        if (r == 0) return puts("[end]"), fflush(stdout), _exit(0), 0;
        if (r == -2) die("read");
        if (is_readable[0] && open_) open_ = take_lines() != 0;
        if (closes && heard) close_others(getenv("CLOSES")), closes = 0;
        while (queued) {
            static size_t offered; /* a write that would have blocked is repeated as it was */
            if (!stuck) offered = queued;
            r = put(out, offered);
            if (r == -2) die("write");
            stuck = r == -1;
            if (stuck) break;
            memmove(out, out + r, queued - (size_t)r);
            queued -= (size_t)r;
        }
    }
    end();
    puts("[done]");
    fflush(stdout);
    _exit(0); /* p11-kit's destructor hangs under AddressSanitizer */
}
