/* Plays ping-pong with 300 bytes over OpenSSL, as an IM client does it (nonblocking, poll), and times each call: PORT ROUNDS.
 * After a tenth of the rounds it says `warm` and waits for a line, so that what is to be measured can be put in place. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void *TLS_client_method(void), *SSL_CTX_new(const void *), *SSL_new(void *);
int SSL_set_fd(void *, int), SSL_connect(void *), SSL_read(void *, void *, int), SSL_write(void *, const void *, int);

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static int compare(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}
static double cpu_us(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}
static long resident_kib(void) {
    long size = 0, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &size, &pages) != 2) pages = 0;
    if (f) fclose(f);
    return pages * sysconf(_SC_PAGESIZE) / 1024;
}
static void *session;
static int sock;
static char stanza[301], got[4096];

static void round_trip(int64_t *write_ns, int64_t *read_ns) {
    struct pollfd f = {sock, POLLIN, 0};
    int64_t t = now();
    if (SSL_write(session, stanza, 300) != 300) exit(3);
    *write_ns = now() - t;
    *read_ns = 0;
    for (int have = 0, r; have < 300; have += r) {
        do {
            poll(&f, 1, -1);
            t = now();
            r = SSL_read(session, got, sizeof got);
            t = now() - t;
        } while (r <= 0);
        *read_ns = t;
    }
}
int main(int argc, char **argv) {
    if (argc < 3) return 64;
    int rounds = atoi(argv[2]), warm = rounds / 10;
    int64_t *w = calloc((size_t)rounds, sizeof *w), *r = calloc((size_t)rounds, sizeof *r);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    memset(stanza, 'x', 300);
    memcpy(stanza, "<message to='bob@example.org'><body>", 36);
    memcpy(stanza + 283, "</body></message>", 17);
    sock = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(sock, (void *)&a, sizeof a)) return 2;
    session = SSL_new(SSL_CTX_new(TLS_client_method()));
    SSL_set_fd(session, sock);
    if (SSL_connect(session) != 1) return 2;
    fcntl(sock, F_SETFL, O_NONBLOCK);
    for (int i = 0; i < warm; i++) round_trip(w, r);
    puts("warm");
    fflush(stdout);
    if (getchar() == EOF) return 2;
    for (int i = 0; i < warm; i++) round_trip(w, r);
    double cpu = cpu_us();
    for (int i = 0; i < rounds; i++) round_trip(&w[i], &r[i]);
    cpu = cpu_us() - cpu;
    long after = resident_kib();
    qsort(w, (size_t)rounds, sizeof *w, compare);
    qsort(r, (size_t)rounds, sizeof *r, compare);
    printf("%f %f %f %f %f %ld\n", w[rounds / 2] / 1e3, w[rounds * 99 / 100] / 1e3, r[rounds / 2] / 1e3, r[rounds * 99 / 100] / 1e3, cpu / rounds, after);
    return 0;
}
