/* Stands between a program and the C library, and counts, records, fails or cuts short what it does to the files of one
 * folder. Built and preloaded by tests/suites/disk.py; SQLite's own writes pass through here as well.
 *
 * disk_watch(folder, log_fd)   from now on; each change is recorded in the log unless log_fd is -1
 * disk_fail(step, mode)        the step-th change from now fails as `mode` says; -1 lets everything pass again
 * disk_steps()                 how many changes there were since disk_watch
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { ENOSPC_ONCE, ENOSPC_ON, EIO_ONCE, EIO_ON, EROFS_ON, SHORT_ONCE, SHORT_FULL };

static char folder[PATH_MAX];
static int log_fd = -1, mode = -1;
static long steps, fail_at = -1;

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

void disk_watch(const char *path, int fd) { snprintf(folder, sizeof folder, "%s", path); log_fd = fd; steps = 0; fail_at = -1; }
void disk_fail(long step, int how) { fail_at = step < 0 ? -1 : steps + step; mode = how; }
long disk_steps(void) { return steps; }

static int is_ours(const char *path) {
    size_t length = strlen(folder);
    return length && !strncmp(path, folder, length) && (path[length] == '/' || !path[length]) && !strstr(path, "-shm");
}

static int name_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t got = readlink(link, path, PATH_MAX - 1);
    if (got < 0) return 0;
    path[got] = 0;
    return is_ours(path);
}

static uint64_t number_of(int fd) { struct stat at; return fstat(fd, &at) ? 0 : at.st_ino; }

static ssize_t (*plain_write(void))(int, const void *, size_t) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    return real;
}

/* kind, number of the file, where, how long, then two names or the content */
static void record(char kind, uint64_t number, uint64_t offset, const char *one, const void *content, uint64_t size) {
    if (log_fd < 0) return;
    int kept = errno;
    uint64_t head[5] = {(uint64_t)kind, number, offset, one ? strlen(one) : 0, size};
    (void)!plain_write()(log_fd, head, sizeof head);
    if (one) (void)!plain_write()(log_fd, one, strlen(one));
    if (size) (void)!plain_write()(log_fd, content, size);
    errno = kept;
}

/* What is to become of this change: 0 it passes, -1 it fails with errno, 1 only half of it is done. */
static int fate(int takes_space) {
    long step = steps++;
    if (fail_at < 0 || step < fail_at) return 0;
    int is_now = step == fail_at;
    switch (mode) {
        case ENOSPC_ONCE: case ENOSPC_ON:
            if (!takes_space) { if (is_now) fail_at++; return 0; }
            if (!is_now && mode == ENOSPC_ONCE) return 0;
            errno = ENOSPC; return -1;
        case EIO_ONCE: case EIO_ON:
            if (!is_now && mode == EIO_ONCE) return 0;
            errno = EIO; return -1;
        case EROFS_ON: errno = EROFS; return -1;
        case SHORT_ONCE: case SHORT_FULL:
            if (!takes_space) { if (is_now) fail_at++; return 0; }
            if (is_now) return takes_space == 2 ? 1 : 0;
            if (mode == SHORT_ONCE) return 0;
            errno = ENOSPC; return -1;
    }
    return 0;
}

static int opened(int at, const char *path, int flags, mode_t bits) {
    static int (*real)(int, const char *, int, ...);
    if (!real) real = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat");
    int is_new = (flags & O_CREAT) && is_ours(path) && access(path, F_OK);
    int is_cut = (flags & O_TRUNC) && is_ours(path) && !is_new;
    if ((is_new || is_cut) && fate(is_new) < 0) return -1;
    if (fail_at >= 0 && mode == EROFS_ON && steps > fail_at && is_ours(path) && (flags & O_ACCMODE) != O_RDONLY) {
        errno = EROFS;
        return -1;
    }
    int fd = real(at, path, flags, bits);
    if (fd >= 0 && is_new) record('C', number_of(fd), 0, path, 0, 0);
    if (fd >= 0 && is_cut) record('T', number_of(fd), 0, 0, 0, 0);
    return fd;
}

#define OPEN(name, ...) \
    int name(__VA_ARGS__, int flags, ...) { \
        mode_t bits = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); bits = va_arg(more, mode_t); va_end(more); }
OPEN(open, const char *path) return opened(AT_FDCWD, path, flags, bits); }
OPEN(open64, const char *path) return opened(AT_FDCWD, path, flags, bits); }
OPEN(openat, int at, const char *path) return opened(at, path, flags, bits); }
OPEN(openat64, int at, const char *path) return opened(at, path, flags, bits); }

ssize_t write(int fd, const void *content, size_t size) {
    char path[PATH_MAX];
    if (!*folder || fd == log_fd || !name_of(fd, path)) return plain_write()(fd, content, size);
    int how = fate(2);
    if (how < 0) return -1;
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = plain_write()(fd, content, how ? (size + 1) / 2 : size);
    if (done > 0) record('W', number_of(fd), (uint64_t)at, 0, content, (uint64_t)done);
    return done;
}

static ssize_t put(int fd, const void *content, size_t size, off_t at) {
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (!real) real = (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite64");
    char path[PATH_MAX];
    if (!*folder || !name_of(fd, path)) return real(fd, content, size, at);
    int how = fate(2);
    if (how < 0) return -1;
    ssize_t done = real(fd, content, how ? (size + 1) / 2 : size, at);
    if (done > 0) record('W', number_of(fd), (uint64_t)at, 0, content, (uint64_t)done);
    return done;
}
ssize_t pwrite(int fd, const void *content, size_t size, off_t at) { return put(fd, content, size, at); }
ssize_t pwrite64(int fd, const void *content, size_t size, off64_t at) { return put(fd, content, size, at); }

static int synced(int fd, const char *name) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    char path[PATH_MAX];
    if (!*folder || !name_of(fd, path)) return real(fd);
    if (fate(0) < 0) return -1;
    struct stat at;
    int done = real(fd);
    if (!done) record(!fstat(fd, &at) && S_ISDIR(at.st_mode) ? 'D' : 'S', number_of(fd), 0, path, 0, 0);
    return done;
}
int fsync(int fd) { return synced(fd, "fsync"); }
int fdatasync(int fd) { return synced(fd, "fdatasync"); }

static int cut(int fd, off_t size) {
    static int (*real)(int, off_t);
    if (!real) real = (int (*)(int, off_t))dlsym(RTLD_NEXT, "ftruncate64");
    char path[PATH_MAX];
    if (!*folder || !name_of(fd, path)) return real(fd, size);
    if (fate(0) < 0) return -1;
    int done = real(fd, size);
    if (!done) record('T', number_of(fd), (uint64_t)size, 0, 0, 0);
    return done;
}
int ftruncate(int fd, off_t size) { return cut(fd, size); }
int ftruncate64(int fd, off64_t size) { return cut(fd, size); }

static int reserved(int fd, off_t at, off_t size) {
    static int (*real)(int, off_t, off_t);
    if (!real) real = (int (*)(int, off_t, off_t))dlsym(RTLD_NEXT, "posix_fallocate64");
    char path[PATH_MAX];
    if (!*folder || !name_of(fd, path)) return real(fd, at, size);
    if (fate(1) < 0) return errno;
    int done = real(fd, at, size);
    if (!done) record('A', number_of(fd), (uint64_t)(at + size), 0, 0, 0);
    return done;
}
int posix_fallocate(int fd, off_t at, off_t size) { return reserved(fd, at, size); }
int posix_fallocate64(int fd, off64_t at, off64_t size) { return reserved(fd, at, size); }

int rename(const char *old, const char *fresh) {
    REAL(rename);
    if (!is_ours(fresh)) return real(old, fresh);
    if (fate(0) < 0) return -1;
    int done = real(old, fresh);
    if (!done) record('R', 0, 0, old, fresh, strlen(fresh));
    return done;
}

int link(const char *old, const char *fresh) {
    REAL(link);
    if (!is_ours(fresh)) return real(old, fresh);
    if (fate(1) < 0) return -1;
    int done = real(old, fresh);
    if (!done) record('L', 0, 0, old, fresh, strlen(fresh));
    return done;
}

/* os.link() of Python calls linkat() where it can */
int linkat(int at, const char *old, int to, const char *fresh, int flags) {
    REAL(linkat);
    if (!is_ours(fresh)) return real(at, old, to, fresh, flags);
    if (fate(1) < 0) return -1;
    int done = real(at, old, to, fresh, flags);
    if (!done) record('L', 0, 0, old, fresh, strlen(fresh));
    return done;
}

int unlink(const char *path) {
    REAL(unlink);
    if (!is_ours(path)) return real(path);
    if (fate(0) < 0) return -1;
    int done = real(path);
    if (!done) record('U', 0, 0, path, 0, 0);
    return done;
}

int mkdir(const char *path, mode_t bits) {
    REAL(mkdir);
    if (!is_ours(path)) return real(path, bits);
    if (fate(1) < 0) return -1;
    return real(path, bits);
}
