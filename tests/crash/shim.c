/* Kill this process, or fail, at the n-th operation on the store's files or on a socket.
 *
 * Preloaded into the processes of tests/crash. Does nothing until `shim_arm` is called, which a child does right after
 * its fork. Operations are counted by all threads together, from 1. Kept small: only calls that SQLite, Python's sockets
 * and libpq make are here.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

/* What is watched; tests/crash/shim.py names them alike. */
enum { WRITES = 1, SYNCS = 2, NAMES = 4, SIZES = 8, OPENS = 16, TRACKER = 32, SERVER = 64,
       REQUESTS = 128 };
/* What happens at the n-th watched operation. */
enum { COUNT = 0, KILL_BEFORE = 1, KILL_AFTER = 2, KILL_TORN = 3, FAIL_ONCE = 4, FAIL_FROM_THERE = 5, SHORT_ONCE = 6,
       SHORT_THEN_FAIL = 7 };
#define MOST_FILES 4096

static char watched_folder[4096];
static int watched, action, failure;
static long at_operation;
static long operations, operations_of[8]; /* all, and by what they are: 1, 2, 4, ... */
static unsigned char socket_is[MOST_FILES]; /* TRACKER, SERVER or 0, by descriptor */

void shim_arm(const char *folder, int what, long n, int how, int error) {
    snprintf(watched_folder, sizeof watched_folder, "%s", folder);
    at_operation = n;
    action = how;
    failure = error;
    __atomic_store_n(&operations, 0, __ATOMIC_SEQ_CST);
    memset(operations_of, 0, sizeof operations_of);
    __atomic_store_n(&watched, what, __ATOMIC_SEQ_CST);
}

void shim_disarm(void) { __atomic_store_n(&watched, 0, __ATOMIC_SEQ_CST); }

long shim_operations(int what) {
    long sum = 0;
    for (int bit = 0; bit < 8; bit++)
        if (what >> bit & 1) sum += __atomic_load_n(&operations_of[bit], __ATOMIC_SEQ_CST);
    return sum;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static int path_is_watched(const char *path) {
    return watched_folder[0] && path && strncmp(path, watched_folder, strlen(watched_folder)) == 0;
}

static int file_is_watched(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return path_is_watched(path);
}

/* What is to happen to this operation: an action, or COUNT for nothing. */
static int turn(int what) {
    if (!(__atomic_load_n(&watched, __ATOMIC_SEQ_CST) & what)) return COUNT;
    long n = __atomic_add_fetch(&operations, 1, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&operations_of[__builtin_ctz(what)], 1, __ATOMIC_SEQ_CST);
    if (action == FAIL_FROM_THERE) return n >= at_operation ? FAIL_FROM_THERE : COUNT;
    if (action == SHORT_THEN_FAIL) {
        if (n == at_operation) return SHORT_ONCE;
        return n > at_operation ? FAIL_FROM_THERE : COUNT;
    }
    return n == at_operation ? action : COUNT;
}

static int file_turn(int what, int fd) {
    if (!(__atomic_load_n(&watched, __ATOMIC_SEQ_CST) & what)) return COUNT;
    return file_is_watched(fd) ? turn(what) : COUNT;
}

static int socket_turn(int fd) {
    int what = fd >= 0 && fd < MOST_FILES ? socket_is[fd] : 0;
    return what ? turn(what) : COUNT;
}

#define REAL(name) ({ static __typeof__(name) *found; if (!found) found = dlsym(RTLD_NEXT, #name); found; })
#define BEFORE(how) \
    do { \
        if ((how) == KILL_BEFORE) die(); \
        if ((how) == FAIL_ONCE || (how) == FAIL_FROM_THERE) { errno = failure; return -1; } \
    } while (0)
/* A connection that broke is gone: libpq, told of a failed send, waits for the last words of the server. */
#define BEFORE_ON(fd, how) \
    do { \
        if ((how) == FAIL_ONCE || (how) == FAIL_FROM_THERE) shutdown(fd, SHUT_RDWR); \
        BEFORE(how); \
    } while (0)
#define AFTER(how, result) do { if ((how) == KILL_AFTER || (how) == KILL_TORN) die(); return result; } while (0)

ssize_t write(int fd, const void *bytes, size_t count) {
    int how = file_turn(WRITES, fd);
    BEFORE(how);
    if (how == KILL_TORN || how == SHORT_ONCE) count = (count + 1) / 2;
    ssize_t result = REAL(write)(fd, bytes, count);
    AFTER(how, result);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t where) {
    int how = file_turn(WRITES, fd);
    BEFORE(how);
    if (how == KILL_TORN || how == SHORT_ONCE) count = (count + 1) / 2;
    ssize_t result = REAL(pwrite)(fd, bytes, count, where);
    AFTER(how, result);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t where) {
    int how = file_turn(WRITES, fd);
    BEFORE(how);
    if (how == KILL_TORN || how == SHORT_ONCE) count = (count + 1) / 2;
    ssize_t result = REAL(pwrite64)(fd, bytes, count, where);
    AFTER(how, result);
}

int fsync(int fd) {
    int how = file_turn(SYNCS, fd);
    BEFORE(how);
    int result = REAL(fsync)(fd);
    AFTER(how, result);
}

int fdatasync(int fd) {
    int how = file_turn(SYNCS, fd);
    BEFORE(how);
    int result = REAL(fdatasync)(fd);
    AFTER(how, result);
}

int ftruncate(int fd, off_t length) {
    int how = file_turn(SIZES, fd);
    BEFORE(how);
    int result = REAL(ftruncate)(fd, length);
    AFTER(how, result);
}

int ftruncate64(int fd, off64_t length) {
    int how = file_turn(SIZES, fd);
    BEFORE(how);
    int result = REAL(ftruncate64)(fd, length);
    AFTER(how, result);
}

int rename(const char *from, const char *to) {
    int how = path_is_watched(to) ? turn(NAMES) : COUNT;
    BEFORE(how);
    int result = REAL(rename)(from, to);
    AFTER(how, result);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags) {
    int how = path_is_watched(to) ? turn(NAMES) : COUNT;
    BEFORE(how);
    int result = REAL(renameat2)(from_folder, from, to_folder, to, flags);
    AFTER(how, result);
}

int unlink(const char *path) {
    int how = path_is_watched(path) ? turn(NAMES) : COUNT;
    BEFORE(how);
    int result = REAL(unlink)(path);
    AFTER(how, result);
}

/* Opening for writing only: a disk that has become read-only still lets files be read. */
static int open_turn(const char *path, int flags) {
    return (flags & O_ACCMODE) != O_RDONLY && path_is_watched(path) ? turn(OPENS) : COUNT;
}

int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    int how = open_turn(path, flags);
    BEFORE(how);
    int result = REAL(open)(path, flags, mode);
    AFTER(how, result);
}

int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    int how = open_turn(path, flags);
    BEFORE(how);
    int result = REAL(open64)(path, flags, mode);
    AFTER(how, result);
}

int connect(int fd, const struct sockaddr *address, socklen_t length) {
    if (fd >= 0 && fd < MOST_FILES)
        socket_is[fd] = address->sa_family == AF_INET || address->sa_family == AF_INET6 ? TRACKER
                        : address->sa_family == AF_UNIX                                ? SERVER
                                                                                       : 0;
    int how = socket_turn(fd);
    BEFORE_ON(fd, how);
    int result = REAL(connect)(fd, address, length);
    AFTER(how, result);
}

ssize_t send(int fd, const void *bytes, size_t count, int flags) {
    int to_tracker = fd >= 0 && fd < MOST_FILES && socket_is[fd] == TRACKER;
    int how = to_tracker ? turn(REQUESTS) : socket_turn(fd);
    BEFORE_ON(fd, how);
    if (how == KILL_TORN || how == SHORT_ONCE) count = (count + 1) / 2;
    ssize_t result = REAL(send)(fd, bytes, count, flags);
    AFTER(how, result);
}

ssize_t recv(int fd, void *bytes, size_t count, int flags) {
    int how = socket_turn(fd);
    BEFORE_ON(fd, how);
    if (how == KILL_TORN || how == SHORT_ONCE) count = (count + 1) / 2;
    ssize_t result = REAL(recv)(fd, bytes, count, flags);
    AFTER(how, result);
}
