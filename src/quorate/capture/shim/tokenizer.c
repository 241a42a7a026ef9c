#include "tokenizer.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT, OPENED, TAG, VALUE, END, PI, BANG, COMMENT, CDATA, DECLARATION };
enum { MAX_TAG = 8192 }; /* XEP-0198 allows a session id of 4000 bytes */

void buf_add(buf *b, const void *p, size_t n) {
    if (b->n + n > b->cap) {
        size_t cap = b->cap ? b->cap : 256;
        while (cap < b->n + n) cap *= 2;
        char *grown = realloc(b->p, cap);
        if (!grown) abort(); /* the client would not survive it either */
        b->p = grown;
        b->cap = cap;
    }
    if (n) memcpy(b->p + b->n, p, n);
    b->n += n;
}

void buf_cut(buf *b, size_t n) {
    if (n && n < b->n) memmove(b->p, b->p + n, b->n - n);
    b->n -= n;
    if (!b->n && b->cap > 65536) {
        free(b->p);
        *b = (buf){0};
    }
}

uint32_t table_translate(const table *t, uint32_t h) {
    for (uint32_t i = t->n; i-- > 0;)
        if ((int32_t)(h - t->rows[i].from) >= 0) return h + (uint32_t)t->rows[i].shift;
    return h;
}

int table_shifts(const table *t) {
    int shifts = 0;
    for (uint32_t i = 0; i < t->n; i++) shifts |= t->rows[i].shift != 0;
    return shifts;
}

static int is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

typedef struct { const char *p; size_t n; } part;

static int is(part a, const char *s) { return a.n == strlen(s) && !memcmp(a.p, s, a.n); }

static part name_of(const buf *tag) {
    size_t n = 1;
    while (n < tag->n && !is_space(tag->p[n]) && tag->p[n] != '/' && tag->p[n] != '>') n++;
    return (part){tag->p + 1, n - 1};
}

static part local_of(part name) {
    const char *colon = memchr(name.p, ':', name.n);
    return colon ? (part){colon + 1, (size_t)(name.p + name.n - colon - 1)} : name;
}

static int is_counting(part local) {
    return is(local, "a") || is(local, "resume") || is(local, "resumed") || is(local, "failed");
}

/* The next attribute after `from`; 0 at the end. */
static int attribute(const buf *tag, size_t *from, part *name, part *value) {
    const char *p = tag->p;
    size_t i = *from, n = tag->n;
    while (i < n && (is_space(p[i]) || p[i] == '/')) i++;
    size_t start = i;
    while (i < n && !is_space(p[i]) && p[i] != '=' && p[i] != '>') i++;
    *name = (part){p + start, i - start};
    while (i < n && is_space(p[i])) i++;
    if (i >= n || p[i++] != '=') return 0;
    while (i < n && is_space(p[i])) i++;
    if (i >= n || (p[i] != '"' && p[i] != '\'')) return 0;
    const char *end = memchr(p + i + 1, p[i], n - i - 1);
    if (!end) return 0;
    *value = (part){p + i + 1, (size_t)(end - p) - i - 1};
    *from = (size_t)(end - p) + 1;
    return 1;
}

/* Is the tag of XEP-0198's namespace? `found`: the value of the attribute `wanted`. A prefix the tag does not declare
 * counts as its. */
static int is_managing(const buf *tag, part name, const char *wanted, part *found) {
    part local = local_of(name), n, v, prefix = {name.p, name.n == local.n ? 0 : name.n - local.n - 1};
    int managing = prefix.n && !is(prefix, "stream");
    *found = (part){0};
    for (size_t i = 1 + name.n; attribute(tag, &i, &n, &v);) {
        int ours = prefix.n ? n.n == 6 + prefix.n && !memcmp(n.p, "xmlns:", 6) && !memcmp(n.p + 6, prefix.p, prefix.n)
                            : is(n, "xmlns");
        if (ours) managing = v.n >= 12 && !memcmp(v.p, "urn:xmpp:sm:", 12);
        if (is(n, wanted)) *found = v;
    }
    return managing;
}

static int number(part h, uint32_t *out) {
    uint64_t v = 0;
    for (size_t i = 0; i < h.n; i++) {
        if (h.p[i] < '0' || h.p[i] > '9' || v > UINT32_MAX) return 0;
        v = v * 10 + (uint64_t)(h.p[i] - '0');
    }
    *out = (uint32_t)v;
    return h.n && v <= UINT32_MAX;
}

static void release(tokenizer *k, buf *out) {
    if (k->hold && out) buf_add(out, k->tag.p, k->tag.n);
    k->hold = 0;
}

/* Another session's id, of the same length and alphabet: the server answers that it has none such. */
static void make_unknown(buf *tag, part id) {
    char *middle = tag->p + (id.p - tag->p) + id.n / 2;
    *middle = *middle == 'A' ? 'B' : 'A';
}

/* A start tag that is watched is complete. */
static int start_tag(tokenizer *k, const table *t, buf *out) {
    part name = name_of(&k->tag), local = local_of(name), found;
    uint32_t h;
    if (k->depth == 1) {
        k->authenticating = is(local, "authenticate");
        if (is(local, "stream")) k->depth = 0; /* the stream begins anew: RFC 6120 4.3.3 */
    }
    if (k->hold && k->refuse && is(local, "resume") && is_managing(&k->tag, name, "previd", &found) && found.n)
        make_unknown(&k->tag, found);
    if (k->hold && t && is_counting(local) && is_managing(&k->tag, name, "h", &found) && number(found, &h)) {
        char digits[11];
        size_t before = (size_t)(found.p - k->tag.p), after = before + found.n;
        buf_add(out, k->tag.p, before);
        buf_add(out, digits, (size_t)snprintf(digits, sizeof digits, "%u", table_translate(t, h)));
        buf_add(out, k->tag.p + after, k->tag.n - after);
        k->hold = 0;
    }
    return is(local, "enabled") && is_managing(&k->tag, name, "h", &found);
}

/* What a byte inside markup does; returns 1 if a start tag ended. */
static int step(tokenizer *k, char c) {
    static const char ending[] = {[COMMENT] = '-', [CDATA] = ']'};
    int from = k->state;
    if (from == OPENED) k->state = c == '/' ? END : c == '?' ? PI : c == '!' ? BANG : TAG;
    if (from == TAG) k->state = c == '"' || c == '\'' ? VALUE : c == '>' ? TEXT : TAG;
    if (from == TAG) k->quote = (uint8_t)c;
    if (from == VALUE && c == (char)k->quote) k->state = TAG;
    if ((from == END || from == DECLARATION || (from == PI && k->last == '?')) && c == '>') k->state = TEXT;
    if (from == END && c == '>') k->depth--;
    if (from == BANG)
        k->state = c == '[' ? CDATA : c == '-' ? (k->last == '-' ? COMMENT : BANG) : c == '>' ? TEXT : DECLARATION;
    if (from == BANG) k->run = 0;
    if ((from == COMMENT || from == CDATA) && c == '>' && k->run >= 2) k->state = TEXT;
    if (from == COMMENT || from == CDATA) k->run = c != ending[from] ? 0 : k->run < 2 ? (uint8_t)(k->run + 1) : 2;
    return from == TAG && c == '>';
}

void tokenizer_between_stanzas(tokenizer *k) {
    k->depth = 1;
    k->state = TEXT;
    k->watch = 0;
}

/* While a tag is held: can it still be one that has an `h`? */
static int may_count(const tokenizer *k, char c) {
    if (k->tag.n >= MAX_TAG || (k->state != TAG && k->state != VALUE && k->state != OPENED)) return 0;
    return k->state != TAG || !(is_space(c) || c == '/') || is_counting(local_of(name_of(&k->tag)));
}

int tokenizer_feed(tokenizer *k, const char *p, size_t n, const table *t, buf *out) {
    int fresh = 0;
    size_t given = 0, i = 0; /* p[0..given) is in `out` or in `tag` */
    if (k->depth < 0 && n >= 5 && (!memcmp(p, "<?xml", 5) || (n >= 14 && !memcmp(p, "<stream:stream", 14))))
        *k = (tokenizer){.tag = k->tag};
    while (i < n && k->depth >= 0) {
        if (k->state == TEXT) {
            const char *lt = memchr(p + i, '<', n - i);
            if (!lt) break;
            i = (size_t)(lt - p);
            k->state = OPENED;
            k->last = 0;
            k->tag.n = 0;
            k->watch = k->depth == 1 || (k->depth == 2 && k->refuse && k->authenticating);
            if (k->watch) buf_add(&k->tag, "<", 1);
            if (k->watch && out && (k->refuse || (t && t->n))) {
                k->hold = 1;
                buf_add(out, p + given, i - given);
                given = i + 1;
            }
            i++;
            continue;
        }
        char c = p[i++];
        if (k->watch && k->tag.n < MAX_TAG) buf_add(&k->tag, &c, 1);
        if (k->hold) given = i;
        if (step(k, c)) {
            if (k->watch) fresh |= start_tag(k, t, out);
            release(k, out);
            k->depth += k->last != '/';
        } else if (k->hold && !may_count(k, c)) {
            release(k, out);
        }
        k->last = (uint8_t)c;
    }
    if (out && given < n) buf_add(out, p + given, n - given);
    return fresh;
}
