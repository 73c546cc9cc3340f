/* vce_client_free with work pending, and while other threads wait inside the client. */
#define _GNU_SOURCE
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"
#include <stdatomic.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 20 };

/* A thread that is about to call the library, and whether it is back. */
static atomic_int callers[2 * THREADS];
static atomic_bool is_back[2 * THREADS];
static atomic_int entered;

static vce_client *stuck_client(const char *engine)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = client_with("timeout", "300s", "engine", engine, NULL);
    sandbox_fault("\"kind\":\"hang\",\"conversation_id\":\"%s\"", conversation.id);
    for (uint64_t i = 0; i < 5; i++)
        enqueue(client, conversation.id, i);
    AWAIT(sandbox_requests(conversation.id) == 1);
    return client;
}

/* What was taken or left, in flight or queued: nothing of it is left behind. */
static void with_work_pending(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = stuck_client("own");
    enqueue(client, conversation.id, 1);
    AWAIT(figure(client, "reports") == 1);
    vce_client_free(client);
    CHECK(is_alone());
}

static int go_in(void)
{
    int caller = atomic_fetch_add(&entered, 1);
    atomic_store(&callers[caller], gettid());
    return caller;
}

static void *poll_without_limit(void *client)
{
    int caller = go_in();
    vce_report *report = vce_poll(client, UINT64_MAX);
    atomic_store(&is_back[caller], true);
    vce_report_free(report);
    return NULL;
}

static void *flush_without_limit(void *client)
{
    uint64_t remaining = 9;
    int caller = go_in();
    vce_flush(client, UINT64_MAX, &remaining, NULL);
    atomic_store(&is_back[caller], true);
    CHECK(remaining == 0);
    return NULL;
}

/* Whether all have begun their call: between go_in and is_back they sleep nowhere but in the library. */
static bool all_are_in(int count)
{
    for (int i = 0; i < count; i++)
        if (!is_asleep(atomic_load(&callers[i])) && !atomic_load(&is_back[i]))
            return false;
    return true;
}

static void start_over(void)
{
    atomic_store(&entered, 0);
    for (int i = 0; i < 2 * THREADS; i++) {
        atomic_store(&callers[i], 0);
        atomic_store(&is_back[i], false);
    }
}

static void while_threads_wait(const char *engine)
{
    pthread_t threads[2 * THREADS];
    vce_client *client = stuck_client(engine);
    start_over();
    for (int i = 0; i < 2 * THREADS; i++)
        threads[i] = run_thread(i % 2 == 0 ? poll_without_limit : flush_without_limit, client);
    AWAIT(all_are_in(2 * THREADS));
    vce_client_free(client);
    for (int i = 0; i < 2 * THREADS; i++)
        join_thread(threads[i]);
}

static void *poll_for_nothing(void *client)
{
    go_in();
    CHECK(vce_poll(client, UINT64_MAX) == NULL);
    return NULL;
}

/* Nothing was ever enqueued; no worker is there to wake those who wait. */
static void while_threads_wait_for_nothing(void)
{
    pthread_t threads[THREADS];
    vce_client *client = new_client();
    start_over();
    for (int i = 0; i < THREADS; i++)
        threads[i] = run_thread(poll_for_nothing, client);
    AWAIT(all_are_in(THREADS));
    vce_client_free(client);
    for (int i = 0; i < THREADS; i++)
        join_thread(threads[i]);
}

/* Reports still arrive while the client is freed. */
static void while_it_works(void)
{
    struct conversation conversation = sandbox_conversation();
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t threads[2];
        vce_client *client = new_client();
        for (uint64_t i = 0; i < 2 * ROUNDS; i++)
            enqueue(client, conversation.id, i);
        start_over();
        threads[0] = run_thread(poll_without_limit, client);
        threads[1] = run_thread(flush_without_limit, client);
        AWAIT(all_are_in(2) && figure(client, "created") > round);
        vce_client_free(client);
        join_thread(threads[0]);
        join_thread(threads[1]);
    }
    CHECK(is_alone());
}

int main(void)
{
    sandbox_start();
    with_work_pending();
    while_threads_wait("own");
    while_threads_wait_for_nothing();
    while_it_works();
    while_threads_wait("shared");
    return EXIT_SUCCESS;
}
