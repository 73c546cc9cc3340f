/*
 * Unusual hosts: they use the library in a fork handler, fork during many name lookups, fork in a
 * thread that is being cancelled or inside a lookup, and run out of threads.
 */
#define _GNU_SOURCE
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST_S = 120, CALLERS = 4 };

static struct conversation conversation;
static vce_client *client;
static atomic_bool stop;
static atomic_int lookups;
static atomic_bool refuses_threads;
static atomic_bool forks_in_lookup;

static void end(pid_t pid)
{
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
}

static void fork_and_end(void)
{
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0)
        _exit(EXIT_SUCCESS);
    end(pid);
}

/* The system's lookup, except for names that hang and names that do not exist. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    atomic_fetch_add(&lookups, 1);
    if (atomic_load(&forks_in_lookup))
        fork_and_end();
    if (strcmp(node, "hangs.example") == 0)
        sleep(3600);
    if (strstr(node, ".example") == NULL)
        return next(node, service, hints, result);
    pause_ms(1);
    return EAI_NONAME;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument)
{
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
    return atomic_load(&refuses_threads) ? EAGAIN : next(thread, attributes, body, argument);
}

static vce_client *client_of(const char *base_url)
{
    return client_with("base_url", base_url, "timeout", "60s", "max_retries", "0", NULL);
}

static void create_with(const vce_client *other)
{
    vce_create_event(other, conversation.id, "custom:test", NULL, "{\"n\":1}", NULL, NULL);
}

/* Looks up a name that does not exist and that was not looked up before. */
static void look_up(const char *name, int number)
{
    char url[64];
    snprintf(url, sizeof url, "https://%s-%d.example", name, number);
    vce_client *other = client_of(url);
    create_with(other);
    vce_client_free(other);
}

static void in_child(void)
{
    if (client != NULL)
        enqueue(client, conversation.id, 7);
}

/* This fork handler runs before the library's. Events enqueued in it still belong to the child. */
static void in_a_fork_handler(void)
{
    conversation = sandbox_conversation();
    client = new_client();
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        alarm(LONGEST_S);
        CHECK(take_created(client) == 7 && figure(client, "accepted") == 1);
        vce_client_free(client);
        _exit(EXIT_SUCCESS);
    }
    end(pid);
    CHECK(sandbox_events(conversation.id, NULL, 0) == 1);
    vce_client_free(client);
    client = NULL;
}

static void *create_once(void *other)
{
    create_with(other);
    return NULL;
}

static void *look_names_up(void *unused)
{
    for (int number = 0; !atomic_load(&stop); number++)
        look_up("name", number);
    return unused;
}

/* A lookup that hangs, and endless other lookups, delay a fork only for a short time. */
static void during_lookups_without_end(void)
{
    vce_client *stuck = client_of("https://hangs.example");
    pthread_t waits = run_thread(create_once, stuck);
    pthread_t looks = run_thread(look_names_up, NULL);
    int before = atomic_load(&lookups);
    AWAIT(atomic_load(&lookups) > before + 10);
    alarm(LONGEST_S);
    for (int i = 0; i < 5; i++)
        fork_and_end();
    alarm(0);
    atomic_store(&stop, true);
    join_thread(looks);
    CHECK(vce_client_close(stuck, 0, NULL) == VCE_ERR_TIMEOUT);
    join_thread(waits);
    vce_client_free(stuck);
}

static void *fork_when_cancelled(void *forked)
{
    CHECK(pthread_cancel(pthread_self()) == 0);
    fork_and_end();
    atomic_store((atomic_bool *)forked, true);
    return NULL;
}

static void *keep_looking_up(void *unused)
{
    for (int number = 0; number < 200; number++)
        look_up("other", number);
    return unused;
}

/* The thread is cancelled in waitpid, at the latest. Lookups must work afterwards. */
static void from_a_cancelled_thread(void)
{
    atomic_bool forked = false;
    pthread_t looks = run_thread(keep_looking_up, NULL);
    join_thread(run_thread(fork_when_cancelled, &forked));
    join_thread(looks);
    CHECK(!atomic_load(&forked));
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    long long begun = now_ms();
    for (int number = 0; number < 20; number++)
        look_up("last", number);
    /* Otherwise each lookup would wait half a second for a fork that never came. */
    CHECK(now_ms() - begun < 20 * 500);
}

/* A plugin of the system's resolver might fork like this. */
static void within_a_lookup(void)
{
    vce_client *other = client_of("https://forks.example");
    atomic_store(&forks_in_lookup, true);
    alarm(LONGEST_S);
    create_with(other);
    alarm(0);
    atomic_store(&forks_in_lookup, false);
    vce_client_free(other);
}

static pid_t forked_in_handler = -1;

static void fork_in_handler(int signal)
{
    (void)signal;
    forked_in_handler = fork();
}

/* The child returns into the parent's call, and must not read the parent's answer. */
static void in_a_signal_handler(void)
{
    vce_error *error = NULL;
    struct sigaction action = {.sa_handler = fork_in_handler};
    struct itimerval timer = {.it_value.tv_usec = 300000};
    conversation = sandbox_conversation();
    sandbox_fault("\"kind\":\"delay\",\"delay_ms\":1500,\"conversation_id\":\"%s\"", conversation.id);
    vce_client *own = new_client();
    CHECK(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &timer, NULL) == 0);
    vce_status status =
        vce_create_event(own, conversation.id, "custom:test", NULL, "{\"n\":1}", NULL, &error);
    CHECK(forked_in_handler >= 0);
    if (forked_in_handler == 0) {
        CHECK(status == VCE_ERR_NETWORK && vce_error_outcome(error) == VCE_OUTCOME_MAYBE_CREATED);
        _exit(EXIT_SUCCESS);
    }
    CHECK(status == VCE_OK);
    end(forked_in_handler);
    vce_client_free(own);
}

/* If no thread can be started to close idle connections, a later one closes them. */
static void without_threads(void)
{
    pthread_t threads[CALLERS];
    int before = count_descriptors();
    vce_client *own = client_with("timeout", "120s", NULL);
    conversation = sandbox_conversation();
    for (int burst = 0; burst < 2; burst++) {
        sandbox_fault("\"kind\":\"delay\",\"delay_ms\":1000,\"times\":%d,\"conversation_id\":\"%s\"", CALLERS,
                      conversation.id);
        for (int i = 0; i < CALLERS; i++)
            threads[i] = run_thread(create_once, own);
        atomic_store(&refuses_threads, burst == 0);
        for (int i = 0; i < CALLERS; i++)
            join_thread(threads[i]);
        atomic_store(&refuses_threads, false);
    }
    CHECK(count_descriptors() == before + CALLERS);
    AWAIT(count_descriptors() == before);
    vce_client_free(own);
}

int main(void)
{
    CHECK(pthread_atfork(NULL, NULL, in_child) == 0);
    sandbox_start();
    in_a_fork_handler();
    during_lookups_without_end();
    from_a_cancelled_thread();
    within_a_lookup();
    in_a_signal_handler();
    without_threads();
    return EXIT_SUCCESS;
}
