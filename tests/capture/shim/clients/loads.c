/* A client that loads and unloads a module again and again in one thread and connects in another, so often and until its input ends:
 * loads MODULE PORT ROUNDS. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef MODULE
#define EIGHT (void *)read, (void *)write, (void *)close, (void *)connect, (void *)send, (void *)recv, (void *)shutdown, (void *)read
#define MANY EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT
void *const many[] = {MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY};
ssize_t through(int fd, const void *b, size_t n) { return write(fd, b, n); }
#else
static struct sockaddr_in there = {.sin_family = AF_INET};
static void *connects(void *over) {
    while (!*(volatile int *)over) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (void *)&there, sizeof there)) close(fd);
        else close(fd);
    }
    return NULL;
}
int main(int argc, char **argv) {
    static volatile int over;
    pthread_t t;
    if (argc < 4) return 64;
    there.sin_port = htons((uint16_t)atoi(argv[2]));
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    pthread_create(&t, NULL, connects, (void *)&over);
    struct pollfd input = {0, POLLIN, 0};
    for (int i = atoi(argv[3]); i-- > 0 || !poll(&input, 1, 0);) {
        void *module = dlopen(argv[1], RTLD_LAZY);
        ssize_t (*through)(int, const void *, size_t) = module ? (ssize_t (*)(int, const void *, size_t))dlsym(module, "through") : NULL;
        if (!through || through(1, ".", 1) != 1) return 2;
        dlclose(module);
    }
    over = 1;
    pthread_join(t, NULL);
    return 0;
}
#endif
