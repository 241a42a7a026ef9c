/* Putting the hooks in, and taking them out: slots of the global offset tables. */
#include "shim.h"

#define HOOKED(owner, type, name, args) type(*o_##name) args;
#define CALLED HOOKED
#include "functions.def"
#undef HOOKED
#undef CALLED
#define HOOKED(owner, type, name, args) {owner, #name, (void *)h_##name, (void **)&o_##name},
#define CALLED(owner, type, name, args) {owner, #name, NULL, (void **)&o_##name},
static const struct { const char *owner, *name; void *mine, **original; } functions[] = {
#include "functions.def"
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };
int slots;
static pthread_mutex_t scan_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long long scanned;
static const char *const owners[] = {"libssl.so", "libcrypto.so", "libgnutls.so", "libnspr4.so"};
typedef struct { char at[4][PATH_MAX]; unsigned long long adds; int putting; uintptr_t self; } walk;

const char *base_of(const char *name) { return strrchr(name, '/') ? strrchr(name, '/') + 1 : name; }
static int note(struct dl_phdr_info *m, size_t size, void *x) {
    walk *w = x;
    (void)size;
    w->adds = m->dlpi_adds + (m->dlpi_subs << 32);
    for (int i = 0; i < 4; i++)
        if (!*w->at[i] && !strncmp(base_of(m->dlpi_name), owners[i], strlen(owners[i])))
            snprintf(w->at[i], PATH_MAX, "%s", m->dlpi_name);
    return 0;
}
void resolve(const char *owner, void *handle) {
    for (int i = 0; i < FUNCTIONS; i++)
        if (!*functions[i].original && !strcmp(functions[i].owner, owner))
            *functions[i].original = dlsym(handle, functions[i].name);
}
static int contains(const struct dl_phdr_info *m, uintptr_t a) {
    for (int i = 0; i < m->dlpi_phnum; i++)
        if (m->dlpi_phdr[i].p_type == PT_LOAD && a - m->dlpi_addr - m->dlpi_phdr[i].p_vaddr < m->dlpi_phdr[i].p_memsz)
            return 1;
    return 0;
}
static void store(const struct dl_phdr_info *m, uintptr_t *slot, void *value) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)slot & -page;
    int sealed = 0;
    for (int i = 0; i < m->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &m->dlpi_phdr[i];
        uintptr_t from = (m->dlpi_addr + p->p_vaddr) & -page, to = (m->dlpi_addr + p->p_vaddr + p->p_memsz) & -page;
        sealed |= p->p_type == PT_GNU_RELRO && at >= from && at < to;
    }
    if (sealed && mprotect((void *)at, page, PROT_READ | PROT_WRITE)) return;
    __atomic_store_n(slot, (uintptr_t)value, __ATOMIC_SEQ_CST);
    if (sealed) mprotect((void *)at, page, PROT_READ);
}
static void patch_all(const struct dl_phdr_info *m, const ElfW(Rela) *r, size_t n, const ElfW(Sym) *syms,
                      const char *names, const walk *w) {
    for (; n; n--, r++) {
        unsigned type = (unsigned)ELF64_R_TYPE(r->r_info);
        if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT && type != R_AARCH64_JUMP_SLOT &&
            type != R_AARCH64_GLOB_DAT)
            continue;
        const char *name = names + syms[ELF64_R_SYM(r->r_info)].st_name;
        uintptr_t *slot = (uintptr_t *)(m->dlpi_addr + r->r_offset);
        for (int i = 0; i < FUNCTIONS; i++) {
            if (*name != *functions[i].name || strcmp(name, functions[i].name) || !functions[i].mine ||
                !*functions[i].original)
                continue;
            uintptr_t mine = (uintptr_t)functions[i].mine, theirs = (uintptr_t)*functions[i].original;
            if (!w->putting && *slot == mine) store(m, slot, (void *)theirs);
            /* another copy of the library is not ours to touch */
            if (w->putting && *slot != mine && (!*functions[i].owner || *slot == theirs || contains(m, *slot)))
                store(m, slot, (void *)mine);
            slots += w->putting && *slot == mine;
        }
    }
}
static int patch(struct dl_phdr_info *m, size_t size, void *x) {
    static const char *const spared[] = {"libc.so", "ld-", "linux-vdso", "linux-gate",
                                         "libasan.", "libubsan.", "libtsan."};
    const ElfW(Rela) *jump = NULL, *data = NULL;
    const ElfW(Sym) *syms = NULL;
    const char *names = NULL;
    size_t jumps = 0, datas = 0;
    (void)size;
    for (size_t i = 0; i < sizeof spared / sizeof *spared; i++)
        if (!strncmp(base_of(m->dlpi_name), spared[i], strlen(spared[i]))) return 0;
    if (contains(m, ((walk *)x)->self)) return 0;
    for (int i = 0; i < m->dlpi_phnum; i++) {
        if (m->dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
        for (const ElfW(Dyn) *d = (void *)(m->dlpi_addr + m->dlpi_phdr[i].p_vaddr); d->d_tag != DT_NULL; d++) {
            void *p = (void *)(d->d_un.d_ptr < m->dlpi_addr ? m->dlpi_addr + d->d_un.d_ptr : d->d_un.d_ptr);
            if (d->d_tag == DT_JMPREL) jump = p;
            if (d->d_tag == DT_PLTRELSZ) jumps = d->d_un.d_val / sizeof *jump;
            if (d->d_tag == DT_RELA) data = p;
            if (d->d_tag == DT_RELASZ) datas = d->d_un.d_val / sizeof *data;
            if (d->d_tag == DT_SYMTAB) syms = p;
            if (d->d_tag == DT_STRTAB) names = p;
        }
    }
    if (!syms || !names) return 0;
    if (jump) patch_all(m, jump, jumps, syms, names, x);
    if (data) patch_all(m, data, datas, syms, names, x);
    return 0;
}
static walk round_; /* large: not on the stack of a client's thread */
static void patch_loaded(void) {
    resolve("", RTLD_DEFAULT);
    dl_iterate_phdr(note, &round_);
    for (int i = 0; i < 4; i++) { /* kept: it must not go while we call it */
        void *handle = *round_.at[i] ? dlopen(round_.at[i], RTLD_LAZY | RTLD_NOLOAD) : NULL;
        if (handle) resolve(owners[i], handle);
    }
    slots = 0;
    hooked = round_.putting;
    dl_iterate_phdr(patch, &round_);
    scanned = round_.adds;
}
/* A module is listed before it is relocated: what is put in then, the loader spoils, and what is sealed again, it dies
 * of. It calls the resolver of an indirect function that is looked up with its lock held, so never while another thread
 * loads. */
static __thread int looked_up;
static void nothing(void) {}
static void (*under_loader_lock(void))(void) {
    if (looked_up) patch_loaded();
    return nothing;
}
__attribute__((visibility("default"))) void quorate_shim_loaded(void) __attribute__((ifunc("under_loader_lock")));
/* The compiler takes dlsym for a function that never calls us. */
static void *(*volatile look_up)(void *, const char *) = dlsym;
void scan(int putting) {
    static void *self;
    struct link_map *map;
    Dl_info info;
    /* a module's constructor that connects must not wait for one who waits for the loader */
    if (pthread_mutex_trylock(&scan_lock)) return;
    round_ = (walk){.putting = putting, .self = (uintptr_t)scan};
    dl_iterate_phdr(note, &round_);
    if (!self && dladdr1((void *)scan, &info, (void **)&map, RTLD_DL_LINKMAP))
        self = dlopen(map->l_name, RTLD_LAZY | RTLD_NOLOAD);
    if (!putting || !hooked || round_.adds != scanned) {
        looked_up = 1;
        look_up(self, "quorate_shim_loaded");
        looked_up = 0;
    }
    pthread_mutex_unlock(&scan_lock);
}
