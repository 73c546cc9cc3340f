/*
 * A program forks while the library does something for the first time: the first request, a name
 * lookup, a handshake. The child sends an event itself, and looks up a name itself.
 *
 * Each try is a process of its own, because a process initialises the library only once.
 */
#define _GNU_SOURCE
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"
#include <dlfcn.h>
#include <netdb.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AT_ONCE = 4, LONGEST_S = 120 };

/* The moments that any thread of the library has reached. */
enum moment { FIRST_REQUEST = 1, LOOKUP = 2, HANDSHAKE = 4 };
static atomic_int reached;

/* How many small blocks the library's threads allocate before FIRST_REQUEST counts as reached. */
static atomic_int blocks_left;

void *__libc_malloc(size_t size);

/* Initialisation allocates small blocks: a pause at each makes a fork in the middle likely. */
void *malloc(size_t size)
{
    if (size <= 16 && gettid() != getpid()) {
        struct timespec pause = {0, 50000};
        if (atomic_fetch_sub(&blocks_left, 1) == 0)
            atomic_fetch_or(&reached, FIRST_REQUEST);
        nanosleep(&pause, NULL);
    }
    return __libc_malloc(size);
}

/* The library calls this function instead of the system's, which it calls in turn. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    atomic_fetch_or(&reached, LOOKUP);
    return next(node, service, hints, result);
}

ssize_t send(int descriptor, const void *bytes, size_t size, int flags)
{
    ssize_t (*next)(int, const void *, size_t, int);
    *(void **)&next = dlsym(RTLD_NEXT, "send");
    ssize_t sent = next(descriptor, bytes, size, flags);
    atomic_fetch_or(&reached, FIRST_REQUEST | HANDSHAKE);
    return sent;
}

/* The child uses the host's own code and the library. */
static void child(const vce_client *client, const char *conversation_id)
{
    struct addrinfo *addresses = NULL;
    vce_error *error = NULL;
    alarm(LONGEST_S);
    CHECK(getaddrinfo("localhost", "80", NULL, &addresses) == 0);
    freeaddrinfo(addresses);
    CHECK_OK(vce_create_event(client, conversation_id, "custom:child", NULL, "{\"n\":1}", NULL, &error));
    _exit(EXIT_SUCCESS);
}

static void end(pid_t pid)
{
    int status;
    CHECK(waitpid(pid, &status, 0) > 0);
    if (WIFSIGNALED(status))
        fprintf(stderr, "ended by signal %d\n", WTERMSIG(status));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
}

/* One process that uses the library for the first time, and forks during that. */
static void try_once(enum moment moment, const char *conversation_id, unsigned number)
{
    alarm(2 * LONGEST_S);
    atomic_store(&blocks_left, (int)(number % 50));
    vce_client *client = new_client();
    enqueue(client, conversation_id, number);
    while ((atomic_load(&reached) & (int)moment) == 0)
        sched_yield();
    /* The fork comes at once or some time after the moment. */
    for (volatile unsigned spin = number * 7919 % 30000; spin > 0; spin--)
        ;
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0)
        child(client, conversation_id);
    CHECK(take_created(client) == number);
    end(pid);
    vce_client_free(client);
    _exit(EXIT_SUCCESS);
}

/* fork_anytime MOMENT TRIES */
int main(int count, char **arguments)
{
    static const char *const NAMES[] = {"first-request", "lookup", "handshake"};
    CHECK(count == 3);
    enum moment moment = FIRST_REQUEST;
    while (strcmp(NAMES[moment / 2], arguments[1]) != 0)
        moment *= 2;
    unsigned tries = (unsigned)atoi(arguments[2]);
    sandbox_start();
    sandbox_use_name();
    struct conversation conversation = sandbox_conversation();
    for (unsigned number = 0; number < tries + AT_ONCE; number++) {
        if (number >= AT_ONCE)
            end(-1);
        if (number >= tries)
            continue;
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0)
            try_once(moment, conversation.id, number);
    }
    CHECK(sandbox_events(conversation.id, NULL, 0) == 2 * (size_t)tries);
    return EXIT_SUCCESS;
}
