/* vce_flush: when it returns, and how many events it says remain. */
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"

static void nothing_to_wait_for(void)
{
    uint64_t remaining = 9;
    vce_error *error = NULL;
    vce_client *client = new_client();
    CHECK_OK(vce_flush(client, 0, &remaining, &error));
    CHECK(remaining == 0);
    CHECK(vce_flush(client, UINT64_MAX, NULL, NULL) == VCE_OK);
    CHECK(count_library_threads() == 0);
    vce_client_free(client);
}

/* It does not wait for reports to be taken. */
static void everything_comes_to_its_end(void)
{
    enum { EVENTS = 100 };
    uint64_t remaining = 9;
    vce_error *error = NULL;
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    for (uint64_t i = 0; i < EVENTS; i++)
        enqueue(client, i % 10 == 0 ? "CON-unknown" : conversation.id, i);
    CHECK_OK(vce_flush(client, UINT64_MAX, &remaining, &error));
    CHECK(remaining == 0);
    CHECK(figure(client, "reports") == EVENTS);
    CHECK(sandbox_events(conversation.id, NULL, 0) == EVENTS * 9 / 10);
    for (int i = 0; i < EVENTS; i++)
        vce_report_free(next_report(client));
    CHECK(vce_poll(client, 0) == NULL);
    vce_client_free(client);
}

static void time_runs_out(void)
{
    uint64_t remaining = 9;
    vce_error *error = NULL;
    struct conversation conversation = sandbox_conversation();
    vce_client *client = client_with("timeout", "300s", NULL);
    sandbox_fault("\"kind\":\"hang\",\"conversation_id\":\"%s\"", conversation.id);
    for (uint64_t i = 0; i < 3; i++)
        enqueue(client, conversation.id, i);
    CHECK(vce_flush(client, 0, &remaining, &error) == VCE_ERR_TIMEOUT);
    CHECK(remaining == 3);
    CHECK(vce_error_status(error) == VCE_ERR_TIMEOUT && vce_error_message(error) != NULL);
    vce_error_free(error);
    long long start = now_ms();
    CHECK(vce_flush(client, 200, &remaining, NULL) == VCE_ERR_TIMEOUT);
    CHECK(now_ms() - start >= 199);
    CHECK(remaining == 3);
    CHECK(vce_flush(client, 0, NULL, NULL) == VCE_ERR_TIMEOUT);
    CHECK(vce_poll(client, 0) == NULL);
    vce_client_free(client);
}

/* The last of five events hangs; it has its own conversation. */
static void some_remain(void)
{
    uint64_t remaining = 9;
    struct conversation answered = sandbox_conversation();
    struct conversation silent = sandbox_conversation();
    vce_client *client = client_with("timeout", "300s", NULL);
    sandbox_fault("\"kind\":\"hang\",\"conversation_id\":\"%s\"", silent.id);
    for (uint64_t i = 0; i < 4; i++)
        enqueue(client, answered.id, i);
    enqueue(client, silent.id, 4);
    for (uint64_t i = 0; i < 4; i++)
        CHECK(take_created(client) == i);
    CHECK(vce_flush(client, 0, &remaining, NULL) == VCE_ERR_TIMEOUT);
    CHECK(remaining == 1);
    vce_client_free(client);
}

static void *flush(void *client)
{
    vce_error *error = NULL;
    CHECK_OK(vce_flush(client, UINT64_MAX, NULL, &error));
    return NULL;
}

static void several_at_once(void)
{
    enum { THREADS = 4, EVENTS = 50 };
    pthread_t threads[THREADS];
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    for (uint64_t i = 0; i < EVENTS; i++)
        enqueue(client, conversation.id, i);
    for (int i = 0; i < THREADS; i++)
        threads[i] = run_thread(flush, client);
    for (int i = 0; i < THREADS; i++)
        join_thread(threads[i]);
    CHECK(figure(client, "created") == EVENTS);
    vce_client_free(client);
}

/* Invalid arguments. */
static void without_a_client(void)
{
    uint64_t remaining = 9;
    vce_error *error = NULL;
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_flush(NULL, 0, &remaining, &error));
}

int main(void)
{
    sandbox_start();
    nothing_to_wait_for();
    everything_comes_to_its_end();
    time_runs_out();
    some_remain();
    several_at_once();
    without_a_client();
    return EXIT_SUCCESS;
}
