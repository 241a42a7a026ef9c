/* What becomes of bytes: Quorate is asked about them, its verdicts and commands are done, and what it holds is kept. */
#include "shim.h"

#define EVER UINT64_MAX

/* Quorate translates counts in it; else we do. */
static int led(const conn *c) { return active && !c->ignored; }
static void deliver_to(buf *out, conn *c, int dir, const void *p, size_t n) {
    way *w = &c->w[dir];
    w->tok.refuse = dir == UP && !led(c) && owed();
    int begun = n && tokenizer_feed(&w->tok, p, n, led(c) && !w->tok.hold ? NULL : &w->table, out);
    if (begun && dir == DOWN && !led(c)) c->w[DOWN].table.n = c->w[UP].table.n = 0;
}
static void deliver(conn *c, int dir, const void *p, size_t n) { deliver_to(&c->w[dir].out, c, dir, p, n); }
void deliver_held(conn *c, int dir) {
    buf held = c->w[dir].held;
    c->w[dir].held = (buf){0};
    deliver(c, dir, held.p, held.n);
    free(held.p);
}
static int consume(conn *c, int dir, const command *q) {
    uint32_t n;
    if (q->h.len < 4 || (memcpy(&n, q->data, 4), n > c->w[dir].held.n)) return 0;
    buf_cut(&c->w[dir].held, n);
    deliver(c, dir, q->data + 4, q->h.len - 4);
    return 1;
}
static void set_table(way *w, const command *q) {
    uint32_t n = 0;
    if (q->h.len >= 4) memcpy(&n, q->data, 4);
    if (q->h.len < 4 || n != (q->h.len - 4) / sizeof(row)) return;
    row *rows = realloc(w->table.rows, (n + 1) * sizeof(row));
    if (!rows) return;
    w->table.rows = rows;
    memcpy(w->table.rows, q->data + 4, n * sizeof(row));
    w->table.n = n;
    if (q->h.flags & 1) tokenizer_between_stanzas(&w->tok);
}
/* Does what came on A for it, up to this number. `judged`: a verdict names it, so tables that wait for it hold. */
static void run_queue(conn *c, uint64_t upto, int judged) {
    for (;;) {
        lock(&queue_lock);
        command *q = c->queue;
        if (q && (q->h.offset > upto || (active && !judged && q->h.type == TABLE && q->h.flags & 2))) q = NULL;
        if (q && !(c->queue = q->next)) c->tail = &c->queue;
        unlock(&queue_lock);
        if (!q) return;
        int dir = q->h.dir & 1;
        if (q->h.type == INJECT) deliver(c, dir, q->data, q->h.len);
        if (q->h.type == REPL && !consume(c, dir, q)) fail_open();
        if (q->h.type == TABLE && (judged || !(q->h.flags & 2))) set_table(&c->w[dir], q);
        if (q->h.type == IGNORE) c->ignored = 1;
        free(q);
    }
}
void settle(conn *c) {
    run_queue(c, EVER, 0);
    if (led(c)) return;
    deliver_held(c, DOWN);
    deliver_held(c, UP);
}
int clean(const conn *c) {
    size_t left = c->pend.n | c->last.n | c->rest.n;
    for (const way *w = c->w; w < c->w + 2; w++) left |= w->held.n | w->out.n | w->table.n | w->tok.hold;
    return !left && !c->queue;
}

int tell(conn *c, int64_t until) { /* OPEN; with ask_lock held */
    static const char *const names[] = {"plain", "openssl", "gnutls", "nss"};
    struct sockaddr_storage peer = {0};
    socklen_t size = sizeof peer;
    char host[64] = "", port[16] = "", *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    if (!f) return 0;
    if (c->fd >= 0 && !getpeername(c->fd, (void *)&peer, &size) && peer.ss_family != AF_UNIX)
        getnameinfo((void *)&peer, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    fprintf(f, "lib=%s\nfd=%d\npeer=%s %s\nwake=%d\nfresh=%d\n", names[c->lib], c->fd, host, port, !c->bio, c->fresh);
    for (int d = 0; d < 2; d++) {
        const char *side = d == UP ? "up" : "down";
        const way *w = &c->w[d];
        if (w->tok.depth >= 0) fprintf(f, "%s_depth=%d\n", side, w->tok.depth);
        fprintf(f, "%s_table=", side);
        for (uint32_t i = 0; i < w->table.n; i++) fprintf(f, "%u:%d,", w->table.rows[i].from, w->table.rows[i].shift);
        fputc('\n', f);
    }
    fclose(f);
    int sent = put(S, OPEN, 0, c->id, 0, text, n, until);
    free(text);
    c->told = session;
    return sent;
}
static int received(uint64_t number, int64_t until) { /* has the worker everything up to it? */
    struct timespec at = span(until);
    int late = 0;
    lock(&queue_lock);
    while (active && seen < number && !late) late = pthread_cond_clockwait(&queued, &queue_lock, CLOCK_MONOTONIC, &at);
    int there = seen >= number;
    unlock(&queue_lock);
    return there;
}
static command *ask(conn *c, int dir, const void *p, size_t n) { /* NULL: go on without */
    command *v = NULL;
    if (!active || c->ignored || !c->live) return NULL;
    lock(&ask_lock);
    int64_t until = in_ms(deadline_ms);
    if (active && (c->told == session || tell(c, until)) && put(S, DATA, dir, c->id, 0, p, n, until))
        v = get(S, until);
    int sense = v && v->h.conn == c->id && (v->h.type == PASS || v->h.type == REPL || v->h.type == IGNORE) &&
                received(v->h.offset, until);
    if (!sense) fail_open(), free(v);
    unlock(&ask_lock);
    return sense ? v : NULL;
}
/* What becomes of new bytes: 1 if they may be handed on where they are, 0 if what is to be delivered is in `out`. */
int judge(conn *c, int dir, const void *p, size_t n, int in_place) {
    way *w = &c->w[dir];
    command *v = ask(c, dir, p, n);
    run_queue(c, v ? v->h.offset : EVER, v != NULL);
    if (v && v->h.type == IGNORE) c->ignored = 1;
    if (v && v->h.type == REPL) {
        buf_add(&w->held, p, n);
        if (!consume(c, dir, v)) fail_open();
        in_place = 0;
    } else {
        deliver_held(c, dir);
        in_place = in_place && !w->out.n && !w->tok.hold && (led(c) || !w->table.n);
        deliver_to(in_place ? NULL : &w->out, c, dir, p, n);
    }
    free(v);
    settle(c);
    if (c->ignored && clean(c)) c->mode = FOREIGN;
    return in_place;
}
static int looks(int dir, const char *p, size_t n) { /* like XMPP? by the first bytes seen */
    while (n && isspace((unsigned char)*p)) p++, n--;
    if (n && *p == '<' && (n == 1 || isalpha((unsigned char)p[1]) || p[1] == '?' || p[1] == '/')) return OURS;
    return n && dir == UP ? FOREIGN : UNKNOWN;
}
static void pass_over(const conn *c) { /* says that there is one that is none of ours */
    lock(&ask_lock);
    if (active && !put(S, OTHER, 0, c->id, 0, NULL, 0, in_ms(deadline_ms))) fail_open();
    unlock(&ask_lock);
}
void classify(conn *c, int dir, const char *p, size_t n) {
    int before = c->mode;
    int hello = c->lib == PLAIN && dir == UP && n && *p == 0x16; /* of TLS: what wrote it is mapped by now */
    if (hello) c->mode = FOREIGN;
    else if (c->mode == UNKNOWN && (c->mode = looks(dir, p, n)) == FOREIGN) pass_over(c);
    if (c->mode == FOREIGN && c->lib == PLAIN && c->live) {
        if (c->fd >= 0) foreign[c->fd] = 1;
        forget(c);
    }
    if (hello) scan(1);
    if (c->mode != OURS || before == OURS) return;
    if (c->wake < 0) c->wake = own(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    c->fresh = dir == UP && n > 1 && (p[1] == '?' || !strncmp(p, "<stream:stream", n < 14 ? n : 14));
    if (c->fresh) c->w[UP].tok.depth = c->w[DOWN].tok.depth = 0;
}
