/* Events of one conversation stay in order, also during retries; conversations are sent in parallel. */
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"

static void check_in_order(const char *conversation_id, long events)
{
    long numbers[256];
    CHECK(events <= 256);
    CHECK(sandbox_events(conversation_id, numbers, 256) == (size_t)events);
    for (long i = 0; i < events; i++)
        CHECK(numbers[i] == i);
}

/* The third event is refused twice and waits before each retry. No event overtakes it. */
static void through_a_retry(void)
{
    enum { EVENTS = 20 };
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    sandbox_fault("\"kind\":\"status\",\"status\":429,\"skip\":2,\"times\":2,\"conversation_id\":\"%s\"",
                  conversation.id);
    for (uint64_t i = 0; i < EVENTS; i++)
        enqueue(client, conversation.id, i);
    for (uint64_t i = 0; i < EVENTS; i++)
        CHECK(take_created(client) == i);
    check_in_order(conversation.id, EVENTS);
    CHECK(figure(client, "retries") == 2);
    CHECK(sandbox_requests(conversation.id) == EVENTS + 2);
    vce_client_free(client);
}

/* An event that fails for good does not hold back those behind it. */
static void past_a_failure(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    sandbox_fault("\"kind\":\"status\",\"status\":400,\"skip\":1,\"conversation_id\":\"%s\"", conversation.id);
    for (uint64_t i = 0; i < 3; i++)
        enqueue(client, conversation.id, i);
    CHECK(take_created(client) == 0);
    CHECK(take_failed(client, VCE_ERR_BAD_REQUEST, VCE_OUTCOME_NOT_CREATED) == 1);
    CHECK(take_created(client) == 2);
    vce_client_free(client);
}

/* A hundred conversations at once, each in its own order. */
static void many_conversations(void)
{
    enum { CONVERSATIONS = 100, EVENTS = 10 };
    struct conversation conversations[CONVERSATIONS];
    vce_client *client = new_client();
    for (int i = 0; i < CONVERSATIONS; i++)
        conversations[i] = sandbox_conversation();
    for (uint64_t number = 0; number < EVENTS; number++)
        for (int i = 0; i < CONVERSATIONS; i++)
            enqueue(client, conversations[i].id, number);
    CHECK(vce_flush(client, UINT64_MAX, NULL, NULL) == VCE_OK);
    for (int i = 0; i < CONVERSATIONS; i++)
        check_in_order(conversations[i].id, EVENTS);
    for (int i = 0; i < CONVERSATIONS * EVENTS; i++)
        take_created(client);
    CHECK(vce_poll(client, 0) == NULL);
    vce_client_free(client);
}

/*
 * With two connections, a conversation with many events and no answer uses only one. The other
 * connection serves the 99 other conversations: they are done while its first event still waits.
 */
static void a_slow_conversation(void)
{
    enum { OTHERS = 99, BACKLOG = 50, SLOW = 1000 };
    struct conversation slow = sandbox_conversation();
    vce_client *client = client_with("connections", "2", "timeout", "300s", NULL);
    sandbox_fault("\"kind\":\"hang\",\"conversation_id\":\"%s\"", slow.id);
    for (uint64_t i = 0; i < BACKLOG; i++)
        enqueue(client, slow.id, SLOW + i);
    AWAIT(sandbox_requests(slow.id) == 1);
    for (uint64_t i = 0; i < OTHERS; i++)
        enqueue(client, sandbox_conversation().id, i);
    for (int i = 0; i < OTHERS; i++)
        CHECK(take_created(client) < SLOW);
    CHECK(figure(client, "queued") + figure(client, "in_flight") == BACKLOG);
    CHECK(vce_poll(client, 0) == NULL);
    vce_client_free(client);
}

/* One connection, and a conversation with a long queue: another conversation still gets its turn. */
static void nobody_starves(void)
{
    enum { BACKLOG = 200, LATE = 1000 };
    struct conversation busy = sandbox_conversation();
    struct conversation late = sandbox_conversation();
    vce_client *client = client_with("connections", "1", NULL);
    sandbox_fault("\"kind\":\"delay\",\"delay_ms\":3000,\"conversation_id\":\"%s\"", busy.id);
    for (uint64_t i = 0; i < BACKLOG; i++)
        enqueue(client, busy.id, i);
    for (uint64_t i = 0; i < 3; i++)
        enqueue(client, late.id, LATE + i);
    /* The conversations take turns, so the third late event is about the sixth. */
    for (int late_events = 0, events = 0; late_events < 3; events++) {
        late_events += take_created(client) >= LATE;
        CHECK(events < 10);
    }
    vce_client_free(client);
}

/* The limit of connections is only for the background: a call that waits does not count. */
static void calls_beside_the_queue(void)
{
    struct conversation silent = sandbox_conversation();
    struct conversation conversation = sandbox_conversation();
    vce_error *error = NULL;
    vce_client *client = client_with("connections", "1", "timeout", "300s", NULL);
    sandbox_fault("\"kind\":\"hang\",\"conversation_id\":\"%s\"", silent.id);
    enqueue(client, silent.id, 1);
    enqueue(client, conversation.id, 2);
    AWAIT(sandbox_requests(silent.id) == 1);
    CHECK_OK(vce_create_event(client, conversation.id, "custom:test", NULL, "{\"n\":3}", NULL, &error));
    CHECK(figure(client, "in_flight") == 1 && figure(client, "queued") == 1);
    vce_client_free(client);
}

int main(void)
{
    sandbox_start();
    through_a_retry();
    past_a_failure();
    many_conversations();
    a_slow_conversation();
    nobody_starves();
    calls_beside_the_queue();
    return EXIT_SUCCESS;
}
