/* Follows the depth of an XMPP stream and translates XEP-0198's `h` in it, whatever the cuts of its bytes. */
#ifndef QUORATE_TOKENIZER_H
#define QUORATE_TOKENIZER_H
#include <stddef.h>
#include <stdint.h>

typedef struct { char *p; size_t n, cap; } buf;
typedef struct { uint32_t from; int32_t shift; } row;
typedef struct { row *rows; uint32_t n; } table;
typedef struct {
    int depth;                       /* open elements; -1: not known */
    uint8_t state, quote, last, run; /* where in the markup; run: how much of what ends it has been seen */
    uint8_t watch, hold;             /* the tag that has begun is kept in `tag`; its bytes have not been given out */
    uint8_t refuse,
        authenticating; /* sessions are not to be resumed; inside SASL2's <authenticate/>, which may do so as well */
    buf tag;
} tokenizer;

void buf_add(buf *b, const void *p, size_t n);
void buf_cut(buf *b, size_t n); /* the first n bytes */
/* Adds to `out` (NULL: only follows) what is to be delivered; translates by `t` (NULL: nothing). With `refuse` set, the
 * session that a <resume/> names is made one that no server knows. Returns 1 if a new XEP-0198 session has begun. */
int tokenizer_feed(tokenizer *k, const char *p, size_t n, const table *t, buf *out);
void tokenizer_between_stanzas(tokenizer *k);
uint32_t table_translate(const table *t, uint32_t h);
int table_shifts(const table *t); /* 0: the counts of both ends are the same */
#endif
