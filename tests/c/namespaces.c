/*
 * A child is recognised even if its process id is its parent's, as in a PID namespace of its own, and
 * even if no fork handler runs, because it was made without the C library.
 */
#define _GNU_SOURCE
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct conversation conversation;

static void new_namespace(void)
{
    /* A user namespace gives an unprivileged process the right to do so. */
    CHECK(unshare(CLONE_NEWPID) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWPID) == 0);
}

static pid_t fork_by_library(void)
{
    return fork();
}

static pid_t fork_by_kernel(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static void end(pid_t pid)
{
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
}

static void create(const vce_client *client, int number)
{
    char body[32];
    vce_error *error = NULL;
    snprintf(body, sizeof body, "{\"n\":%d}", number);
    CHECK_OK(vce_create_event(client, conversation.id, "custom:test", NULL, body, NULL, &error));
}

static void child(vce_client *client, int number, pid_t parent)
{
    alarm(120);
    CHECK(getpid() == parent);
    CHECK(figure(client, "accepted") == 0);
    create(client, number);
    enqueue(client, conversation.id, (uint64_t)number + 1);
    CHECK(take_created(client) == (uint64_t)number + 1);
    CHECK(figure(client, "connections_opened") >= 1);
    vce_client_free(client);
    _exit(EXIT_SUCCESS);
}

/*
 * The first process of its namespace, and a child that is the first of another. After the second
 * unshare the kernel lets the parent start no thread, so it sends nothing in the background.
 */
static void first_of_namespace(const char *engine, pid_t (*make)(void), int number)
{
    alarm(240);
    vce_client *client = client_with("engine", engine, NULL);
    pid_t own = getpid();
    CHECK(own == 1);
    new_namespace();
    create(client, number);
    pid_t pid = make();
    CHECK(pid >= 0);
    if (pid == 0)
        child(client, number + 1, own);
    create(client, number + 3);
    end(pid);
    create(client, number + 4);
    CHECK(figure(client, "connections_opened") == 1);
    vce_client_free(client);
    _exit(EXIT_SUCCESS);
}

int main(void)
{
    enum { EVENTS = 5 };
    static pid_t (*const MAKE[])(void) = {fork_by_library, fork_by_kernel};
    static const char *const ENGINES[] = {"own", "shared"};
    sandbox_start();
    conversation = sandbox_conversation();
    for (int i = 0; i < 4; i++) {
        /* A process can make a namespace for its children only once. */
        pid_t maker = fork();
        CHECK(maker >= 0);
        if (maker == 0) {
            new_namespace();
            pid_t first = fork();
            CHECK(first >= 0);
            if (first == 0)
                first_of_namespace(ENGINES[i % 2], MAKE[i / 2], EVENTS * i);
            end(first);
            _exit(EXIT_SUCCESS);
        }
        end(maker);
    }
    CHECK(sandbox_events(conversation.id, NULL, 0) == 4 * EVENTS);
    /* Each parent had one connection, each child one or two: one for the call, one for the worker. */
    CHECK(sandbox_connections("accepted") >= 8);
    return EXIT_SUCCESS;
}
