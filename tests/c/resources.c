/* What the library uses of its host: threads only while they are needed, no signals, nothing for ever. */
#define _GNU_SOURCE
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t handled;
static volatile sig_atomic_t handled_elsewhere;

static void no_thread_before_the_first_event(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_error *error = NULL;
    vce_client *client = new_client();
    CHECK_OK(vce_create_event(client, conversation.id, "custom:test", NULL, "{}", NULL, &error));
    CHECK(vce_poll(client, 1) == NULL && vce_flush(client, 1, NULL, NULL) == VCE_OK);
    CHECK(vce_report_fd(client) >= 0);
    vce_string_free(vce_client_stats(client));
    CHECK(count_threads() == 1);
    vce_client_free(client);
}

/* As many threads as connections and one more, all with names; none after closing. */
static void workers(void)
{
    enum { CONNECTIONS = 4 };
    vce_client *client = client_with("connections", "4", "timeout", "300s", NULL);
    sandbox_fault("\"kind\":\"hang\",\"times\":null");
    for (uint64_t i = 0; i < 3 * CONNECTIONS; i++)
        enqueue(client, sandbox_conversation().id, i);
    AWAIT(figure(client, "in_flight") == CONNECTIONS);
    CHECK(count_threads() >= 1 + CONNECTIONS && count_threads() <= 1 + CONNECTIONS + 1);
    AWAIT(count_library_threads() == count_threads() - 1); /* a thread names itself */
    vce_client_close(client, 0, NULL);
    CHECK(is_alone());
    vce_client_free(client);
    sandbox_forget_faults();
}

/* An idle client ends its threads, and starts new ones when there is something to do. */
static void idle_threads_go(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    for (uint64_t round = 0; round < 2; round++) {
        enqueue(client, conversation.id, round);
        CHECK(count_threads() > 1);
        CHECK(take_created(client) == round);
        AWAIT(count_sending_threads() == 0);
    }
    vce_client_free(client);
    CHECK(is_alone());
}

static void handle(int signal)
{
    (void)signal;
    handled++;
    if (gettid() != getpid())
        handled_elsewhere++;
}

/* The host's handlers run on the host's threads. */
static void signals_are_the_hosts(void)
{
    static const int SIGNALS[] = {SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGALRM, SIGUSR1, SIGUSR2, SIGPROF, SIGWINCH};
    enum { SENT = 200 };
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    for (uint64_t i = 0; i < SENT; i++)
        enqueue(client, conversation.id, i);
    AWAIT(count_library_threads() > 0); /* a new thread blocks all signals at first, in any case */
    for (size_t i = 0; i < sizeof SIGNALS / sizeof *SIGNALS; i++)
        CHECK(others_block(SIGNALS[i]));
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    for (int i = 0; i < SENT; i++)
        CHECK(kill(getpid(), SIGUSR1) == 0);
    CHECK(handled > 0 && handled_elsewhere == 0);
    for (uint64_t i = 0; i < SENT; i++)
        CHECK(take_created(client) == i);
    CHECK(handled_elsewhere == 0);
    vce_client_free(client);
    /* The host's own signal mask has not changed. */
    sigset_t mask;
    CHECK(sigprocmask(SIG_SETMASK, NULL, &mask) == 0 && sigismember(&mask, SIGUSR1) == 0);
}

/* Makes a client, sends an event and frees it; in some rounds it takes reports and the descriptor. */
static void one_life(const char *conversation_id, uint64_t number)
{
    vce_client *client = new_client();
    if (number % 2 == 0)
        CHECK(vce_report_fd(client) >= 0);
    enqueue(client, conversation_id, number);
    if (number % 3 != 0)
        CHECK(take_created(client) == number);
    if (number % 4 == 0)
        CHECK(vce_client_close(client, UINT64_MAX, NULL) == VCE_OK);
    vce_client_free(client);
}

static void nothing_is_left_behind(void)
{
    enum { CLIENTS = 1000 };
    struct conversation conversation = sandbox_conversation();
    one_life(conversation.id, 0);
    int descriptors = count_descriptors();
    for (uint64_t i = 0; i < CLIENTS; i++)
        one_life(conversation.id, i);
    CHECK(is_alone());
    CHECK(count_descriptors() == descriptors);
}

int main(void)
{
    sandbox_start();
    no_thread_before_the_first_event();
    workers();
    idle_threads_go();
    signals_are_the_hosts();
    nothing_is_left_behind();
    return EXIT_SUCCESS;
}
