/* engine=shared in the background: handles with the same settings share connections, token and order. */
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"

/* Other settings make another engine, so each test has its own. */
static vce_client *client_of(const char *app_name)
{
    return client_with("engine", "shared", "app_name", app_name, "connections", "2", "timeout", "300s", NULL);
}

static void connections_and_token(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *first = client_of("connections/1");
    vce_client *second = client_of("connections/1");
    for (uint64_t i = 0; i < 20; i++)
        enqueue(i % 2 == 0 ? first : second, conversation.id, i);
    CHECK(vce_flush(first, UINT64_MAX, NULL, NULL) == VCE_OK);
    CHECK(vce_flush(second, UINT64_MAX, NULL, NULL) == VCE_OK);
    CHECK(figure(first, "tokens_signed") == 1 && figure(second, "tokens_signed") == 1);
    CHECK(figure(first, "connections_opened") == 1 && figure(second, "connections_opened") == 1);
    /* Each has its own events and reports. */
    CHECK(figure(first, "accepted") == 10 && figure(second, "accepted") == 10);
    for (uint64_t i = 0; i < 20; i++)
        CHECK(take_created(i % 2 == 0 ? first : second) == i);
    CHECK(vce_poll(first, 0) == NULL && vce_poll(second, 0) == NULL);
    vce_client_free(first);
    vce_client_free(second);
}

static void order_across_handles(void)
{
    enum { EVENTS = 30 };
    long numbers[EVENTS];
    struct conversation conversation = sandbox_conversation();
    vce_client *clients[] = {client_of("order/1"), client_of("order/1"), client_of("order/1")};
    sandbox_fault("\"kind\":\"status\",\"status\":429,\"skip\":1,\"times\":2,\"conversation_id\":\"%s\"",
                  conversation.id);
    for (uint64_t i = 0; i < EVENTS; i++)
        enqueue(clients[i % 3], conversation.id, i);
    for (int i = 0; i < 3; i++)
        CHECK(vce_flush(clients[i], UINT64_MAX, NULL, NULL) == VCE_OK);
    CHECK(sandbox_events(conversation.id, numbers, EVENTS) == EVENTS);
    for (long i = 0; i < EVENTS; i++)
        CHECK(numbers[i] == i);
    for (int i = 0; i < 3; i++)
        vce_client_free(clients[i]);
}

/* A freed handle's events are still delivered, even if it was the only handle. */
static void freeing_leaves_its_events(void)
{
    enum { EVENTS = 30 };
    struct conversation conversation = sandbox_conversation();
    vce_client *client = client_of("freeing/1");
    sandbox_fault("\"kind\":\"delay\",\"delay_ms\":500,\"conversation_id\":\"%s\"", conversation.id);
    for (uint64_t i = 0; i < EVENTS; i++)
        enqueue(client, conversation.id, i);
    vce_client_free(client);
    CHECK(sandbox_events(conversation.id, NULL, 0) < EVENTS);
    AWAIT(sandbox_events(conversation.id, NULL, 0) == EVENTS);
    /* The next handle uses the same engine, but gets no reports of the freed one. */
    client = client_of("freeing/1");
    CHECK(vce_poll(client, 0) == NULL);
    enqueue(client, conversation.id, EVENTS);
    CHECK(take_created(client) == EVENTS);
    CHECK(figure(client, "tokens_signed") == 1 && figure(client, "connections_opened") == 1);
    vce_client_free(client);
}

/* Two handles, each with events behind the same unanswered request. */
static void closing_cancels_its_own_events(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *first = client_of("closing/1");
    vce_client *second = client_of("closing/1");
    sandbox_fault("\"kind\":\"hang\",\"conversation_id\":\"%s\"", conversation.id);
    for (uint64_t i = 0; i < 6; i++)
        enqueue(i % 2 == 0 ? first : second, conversation.id, i);
    AWAIT(sandbox_requests(conversation.id) == 1);
    CHECK(vce_client_close(first, 0, NULL) == VCE_ERR_TIMEOUT);
    CHECK(figure(first, "maybe_created") == 1 && figure(first, "not_created") == 2);
    for (uint64_t i = 0; i < 3; i++)
        CHECK(take_created(second) == 2 * i + 1);
    CHECK(sandbox_events(conversation.id, NULL, 0) == 3);
    for (int i = 0; i < 3; i++)
        vce_report_free(next_report(first));
    CHECK(vce_poll(first, UINT64_MAX) == NULL);
    CHECK(vce_enqueue_event(second, conversation.id, "custom:test", NULL, "{}", 7, NULL) == VCE_OK);
    CHECK(take_created(second) == 7);
    vce_client_free(first);
    vce_client_free(second);
}

/* The other way round: the unanswered request belongs to the other handle, and goes on. */
static void closing_leaves_what_is_under_way(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *first = client_of("leaving/1");
    vce_client *second = client_of("leaving/1");
    sandbox_fault("\"kind\":\"delay\",\"delay_ms\":1000,\"conversation_id\":\"%s\"", conversation.id);
    enqueue(first, conversation.id, 0);
    enqueue(second, conversation.id, 1);
    enqueue(first, conversation.id, 2);
    AWAIT(sandbox_requests(conversation.id) == 1);
    CHECK(vce_client_close(second, 0, NULL) == VCE_ERR_TIMEOUT);
    CHECK(take_failed(second, VCE_ERR_CLOSED, VCE_OUTCOME_NOT_CREATED) == 1);
    CHECK(take_created(first) == 0 && take_created(first) == 2);
    CHECK(sandbox_events(conversation.id, NULL, 0) == 2);
    vce_client_free(first);
    vce_client_free(second);
}

/* The limits hold for all handles together, including the events of freed handles. */
static void limits_are_the_engines(void)
{
    enum { MOST = 10, HANDLES = 50 };
    struct conversation conversation = sandbox_conversation();
    uint64_t accepted = 0;
    sandbox_fault("\"kind\":\"delay\",\"delay_ms\":3000,\"conversation_id\":\"%s\"", conversation.id);
    for (int i = 0; i < HANDLES; i++) {
        vce_client *client = client_with("engine", "shared", "queue_max_events", "10", NULL);
        vce_status status;
        while ((status = vce_enqueue_event(client, conversation.id, "custom:test", NULL, "{\"n\":1}", 1, NULL)) == VCE_OK)
            accepted++;
        CHECK(status == VCE_ERR_QUEUE_FULL && figure(client, "events") == MOST);
        vce_client_free(client);
    }
    CHECK(accepted == MOST);
    /* Finished events make room again. */
    vce_client *client = client_with("engine", "shared", "queue_max_events", "10", NULL);
    AWAIT(figure(client, "events") == 0);
    enqueue(client, conversation.id, 7);
    CHECK(figure(client, "events") == 1);
    CHECK(take_created(client) == 7 && figure(client, "events") == 0 && figure(client, "bytes") == 0);
    /* Reports that were not taken are dropped with their handle. */
    enqueue(client, conversation.id, 8);
    CHECK(vce_flush(client, UINT64_MAX, NULL, NULL) == VCE_OK && figure(client, "events") == 1);
    vce_client_free(client);
    client = client_with("engine", "shared", "queue_max_events", "10", NULL);
    CHECK(figure(client, "events") == 0 && figure(client, "bytes") == 0);
    vce_client_free(client);
    CHECK(sandbox_events(conversation.id, NULL, 0) == MOST + 2);
}

int main(void)
{
    sandbox_start();
    connections_and_token();
    order_across_handles();
    freeing_leaves_its_events();
    closing_cancels_its_own_events();
    closing_leaves_what_is_under_way();
    limits_are_the_engines();
    return EXIT_SUCCESS;
}
