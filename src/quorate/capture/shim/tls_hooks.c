/* In place of what the client calls of its TLS library. */
#include "shim.h"

#define TRANSFER_HOOK(name, lib, type, pointer, size, how) \
    type h_##name(void *s, pointer b, size n) { \
        conn *c = n > 0 ? take(lib, s, 1) : NULL; \
        return c ? (type)done(c, how(c, b, (size_t)n)) : o_##name(s, b, n); \
    }
#define TRANSFER_EX_HOOK(name, pointer, how) \
    int h_##name(void *s, pointer b, size_t n, size_t *k) { \
        conn *c = n > 0 ? take(OPENSSL, s, 1) : NULL; \
        long r = c ? done(c, how(c, b, n)) : 0; \
        if (r > 0) *k = (size_t)r; \
        return c ? r > 0 : o_##name(s, b, n, k); \
    }
TRANSFER_HOOK(SSL_read, OPENSSL, int, void *, int, do_read)
TRANSFER_HOOK(SSL_write, OPENSSL, int, const void *, int, do_write)
TRANSFER_EX_HOOK(SSL_read_ex, void *, do_read)
TRANSFER_EX_HOOK(SSL_write_ex, const void *, do_write)
TRANSFER_HOOK(gnutls_record_recv, GNUTLS, ssize_t, void *, size_t, do_read)
TRANSFER_HOOK(PR_Read, NSS, int, void *, int, do_read)
TRANSFER_HOOK(PR_Write, NSS, int, const void *, int, do_write)
ssize_t h_gnutls_record_send(void *s, const void *b, size_t n) { /* (NULL, 0) repeats the last */
    conn *c = take(GNUTLS, s, n > 0);
    if (c && !n && !c->last.n) c = (done(c, 0), NULL);
    return c ? done(c, do_write(c, b, n)) : o_gnutls_record_send(s, b, n);
}
static size_t surplus(int lib, const void *key) {
    conn *c = take(lib, key, 0);
    return c ? (size_t)done(c, (long)c->w[DOWN].out.n) : 0;
}
int h_SSL_pending(const void *s) { return small((size_t)o_SSL_pending(s) + surplus(OPENSSL, s)); }
int h_SSL_has_pending(const void *s) { return o_SSL_has_pending(s) || surplus(OPENSSL, s); }
size_t h_gnutls_record_check_pending(void *s) { return o_gnutls_record_check_pending(s) + surplus(GNUTLS, s); }
/* A handle says goodbye or dies: what is held goes out first. */
void before_end(int lib, const void *key, int speaks, int dies) {
    conn *c = take(lib, key, 0);
    if (!c) return;
    lock(&c->lock);
    deliver_held(c, UP);
    unlock(&c->lock);
    if (speaks && c->mode == OURS) serve(c);
    if (dies) forget(c);
    done(c, 0);
}
int h_SSL_shutdown(void *s) { return before_end(OPENSSL, s, 1, 0), o_SSL_shutdown(s); }
void h_SSL_free(void *s) { before_end(OPENSSL, s, 0, 1), o_SSL_free(s); }
int h_gnutls_bye(void *s, int how) { return before_end(GNUTLS, s, 1, 0), o_gnutls_bye(s, how); }
void h_gnutls_deinit(void *s) { before_end(GNUTLS, s, 0, 1), o_gnutls_deinit(s); }
int h_PR_Close(void *f) { return before_end(NSS, f, 1, 1), o_PR_Close(f); }
int h_BIO_read(void *bio, void *b, int n) {
    int r = o_BIO_read(bio, b, n);
    if (r <= 0 || !memory_bios || away()) return r;
    lock(&list_lock);
    for (conn *c = conns; c; c = c->next) {
        if (!c->live || c->bio != bio) continue;
        c->taken += (uint64_t)r;
        if (r >= 16) memcpy(c->end16, (char *)b + r - 16, 16);
    }
    unlock(&list_lock);
    return r;
}
