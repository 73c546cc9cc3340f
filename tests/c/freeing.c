/* vce_client_free with work pending, and after other threads used the client: close, join them, free. */
#define _GNU_SOURCE
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"
#include <stdatomic.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 20 };

/* The threads that are about to call the library, and whether they are back. */
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

/* With an event in flight, others queued and a report not taken, nothing is left behind. */
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

/* Whether all threads are in the call: between go_in and is_back they sleep only in the library. */
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
    CHECK(vce_client_close(client, 0, NULL) == VCE_ERR_TIMEOUT);
    for (int i = 0; i < 2 * THREADS; i++)
        join_thread(threads[i]);
    vce_client_free(client);
}

static void *poll_for_nothing(void *client)
{
    go_in();
    CHECK(vce_poll(client, UINT64_MAX) == NULL);
    return NULL;
}

/* No event was ever enqueued, so no worker is there to wake the threads that wait. */
static void while_threads_wait_for_nothing(void)
{
    pthread_t threads[THREADS];
    vce_client *client = new_client();
    start_over();
    for (int i = 0; i < THREADS; i++)
        threads[i] = run_thread(poll_for_nothing, client);
    AWAIT(all_are_in(THREADS));
    CHECK(vce_client_close(client, 0, NULL) == VCE_OK);
    for (int i = 0; i < THREADS; i++)
        join_thread(threads[i]);
    vce_client_free(client);
}

/* Reports still arrive while the client is closed. */
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
        vce_client_close(client, 0, NULL);
        join_thread(threads[0]);
        join_thread(threads[1]);
        vce_client_free(client);
    }
    CHECK(is_alone());
}

static void *use_until_closed(void *client)
{
    vce_status status = VCE_OK;
    for (uint64_t i = 0; status != VCE_ERR_CLOSED; i++) {
        status = vce_enqueue_event(client, "CON-unknown", "custom:test", NULL, "{}", i, NULL);
        if (i == 1)
            go_in();
        vce_report_free(vce_poll(client, i % 2));
        vce_flush(client, i % 2, NULL, NULL);
        vce_string_free(vce_client_stats(client));
        CHECK(vce_report_fd(client) >= 0);
    }
    /* Calls after closing return as well, whatever their time limit is. */
    for (vce_report *report; (report = vce_poll(client, UINT64_MAX)) != NULL; )
        vce_report_free(report);
    CHECK(vce_flush(client, UINT64_MAX, NULL, NULL) == VCE_OK);
    return NULL;
}

/* Threads call the library again and again, until a call says that the client is closed. */
static void while_threads_come_and_go(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t threads[THREADS];
        vce_client *client = new_client();
        start_over();
        for (int i = 0; i < THREADS; i++)
            threads[i] = run_thread(use_until_closed, client);
        AWAIT(atomic_load(&entered) == THREADS);
        vce_client_close(client, 0, NULL);
        for (int i = 0; i < THREADS; i++)
            join_thread(threads[i]);
        vce_client_free(client);
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
    while_threads_come_and_go();
    while_threads_wait("shared");
    return EXIT_SUCCESS;
}
