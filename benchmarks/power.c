/* Writes down what a program does to its database files: every write and truncation, and every moment at which it has waited
   for the disk. `power.py` plays a power cut from it at any point: what had been waited for is there, of the rest any part.
   Built by `power.py` and put before the C library with LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

struct __attribute__((packed)) head {
    char kind, file;
    int64_t offset;
    uint32_t length;
};

static int journal = -1;
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

/* 1: the database, 2: its write-ahead log, 0: anything else. */
static char which(int fd) {
    char link[64], name[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, name, sizeof name - 1);
    if (n <= 0) return 0;
    name[n] = 0;
    if (n > 3 && !strcmp(name + n - 3, ".db")) return 1;
    return n > 7 && !strcmp(name + n - 7, ".db-wal") ? 2 : 0;
}

static void note(char kind, char file, int64_t offset, const void *data, uint32_t length) {
    if (journal < 0) {
        const char *name = getenv("POWER_LOG");
        if (!name) return;
        journal = open(name, O_WRONLY | O_CREAT | O_APPEND, 0644);
    }
    struct head head = {kind, file, offset, length};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)data, length}};
    if (writev(journal, parts, length ? 2 : 1) < 0) abort();
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    char file = which(fd);
    pthread_mutex_lock(&one);
    ssize_t done = real(fd, data, length, offset);
    if (file && done > 0) note('w', file, offset, data, (uint32_t)done);
    pthread_mutex_unlock(&one);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return pwrite64(fd, data, length, offset); }

int ftruncate64(int fd, off64_t length) {
    int (*real)(int, off64_t) = dlsym(RTLD_NEXT, "ftruncate64");
    char file = which(fd);
    pthread_mutex_lock(&one);
    int done = real(fd, length);
    if (file) note('t', file, length, 0, 0);
    pthread_mutex_unlock(&one);
    return done;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int waited(const char *name, int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, name);
    char file = which(fd);
    pthread_mutex_lock(&one);
    int done = real(fd);
    if (file) note('s', file, 0, 0, 0);
    pthread_mutex_unlock(&one);
    return done;
}

int fsync(int fd) { return waited("fsync", fd); }
int fdatasync(int fd) { return waited("fdatasync", fd); }
