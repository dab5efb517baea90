/* Counts what the program asks the C library for: these functions stand before those of the library
   for the program and for all shared libraries that it loads. For glibc. And runs work that may ask
   the kernel for nothing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static long count = 0;

void *malloc(size_t size) {
    __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
    return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
    __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
    return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **place, size_t alignment, size_t size) {
    __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
    *place = __libc_memalign(alignment, size);
    return *place == NULL ? 12 : 0; /* ENOMEM */
}

long allocations(void) { return __atomic_load_n(&count, __ATOMIC_RELAXED); }

static long locks_taken = 0;
static int (*lock_of_library)(pthread_mutex_t *) = NULL;

int pthread_mutex_lock(pthread_mutex_t *mutex) {
    __atomic_add_fetch(&locks_taken, 1, __ATOMIC_RELAXED);
    if (lock_of_library == NULL)
        lock_of_library = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, "pthread_mutex_lock");
    return lock_of_library(mutex);
}

long locks(void) { return __atomic_load_n(&locks_taken, __ATOMIC_RELAXED); }

/* Do the work in a process that is killed at its first system call. Returns 0 where it came to its
   end, 1 where it was killed, 2 where the kernel cannot do this. */
int without_system_calls(void (*work)(void)) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
            _exit(2);
        work();
        syscall(SYS_exit, 0); /* the one way out that is allowed */
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 2;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
