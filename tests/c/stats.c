/* What vce_client_stats says, and when. Each figure() also checks that the sum is right. */
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"

static bool says(const vce_client *client, const char *text)
{
    char *stats = vce_client_stats(client);
    CHECK(stats != NULL && stats[0] == '{');
    bool found = strstr(stats, text) != NULL;
    vce_string_free(stats);
    return found;
}

static void a_new_client(void)
{
    static const char *const FIGURES[] = {"queued",       "in_flight",   "reports",     "events",  "bytes",
                                          "accepted",     "created",     "maybe_created", "not_created", "retries",
                                          "tokens_signed", "connections_opened"};
    vce_client *client = new_client();
    for (size_t i = 0; i < sizeof FIGURES / sizeof *FIGURES; i++)
        CHECK(figure(client, FIGURES[i]) == 0);
    CHECK(says(client, "\"not_created_by_status\":{}"));
    CHECK(says(client, "\"latency_ms\":{\"p50\":null,\"p90\":null,\"p99\":null,\"max\":null}"));
    vce_client_free(client);
}

static void one_of_each(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = client_with("connections", "1", NULL);
    sandbox_fault("\"kind\":\"drop\",\"conversation_id\":\"%s\"", conversation.id);
    enqueue(client, conversation.id, 1);
    enqueue(client, conversation.id, 2);
    enqueue(client, "CON-unknown", 3);
    CHECK(vce_flush(client, UINT64_MAX, NULL, NULL) == VCE_OK);
    CHECK(figure(client, "accepted") == 3 && figure(client, "queued") == 0 && figure(client, "in_flight") == 0);
    CHECK(figure(client, "created") == 1 && figure(client, "maybe_created") == 1);
    CHECK(figure(client, "not_created") == 1);
    CHECK(says(client, "\"not_created_by_status\":{\"VCE_ERR_NOT_FOUND\":1}"));
    CHECK(!says(client, "\"p50\":null"));
    CHECK(figure(client, "reports") == 3 && figure(client, "events") == 3);
    CHECK(figure(client, "bytes") > 3 * (long long)strlen("{\"n\":1}"));
    CHECK(figure(client, "tokens_signed") == 1);
    CHECK(figure(client, "connections_opened") == 2);
    for (int left = 2; left >= 0; left--) {
        vce_report_free(next_report(client));
        CHECK(figure(client, "reports") == left && figure(client, "events") == left);
    }
    CHECK(figure(client, "bytes") == 0);
    vce_client_free(client);
}

static void retries_are_counted(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    sandbox_fault("\"kind\":\"status\",\"status\":429,\"times\":2,\"conversation_id\":\"%s\"", conversation.id);
    enqueue(client, conversation.id, 1);
    CHECK(take_created(client) == 1);
    CHECK(figure(client, "retries") == 2);
    vce_client_free(client);
}

/* One request hangs and two events wait behind it. Another conversation is answered meanwhile. */
static void what_is_under_way(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    sandbox_fault("\"kind\":\"hang\",\"conversation_id\":\"%s\"", conversation.id);
    for (int i = 0; i < 3; i++)
        enqueue(client, conversation.id, (uint64_t)i);
    AWAIT(figure(client, "in_flight") == 1);
    CHECK(figure(client, "queued") == 2 && figure(client, "events") == 3 && figure(client, "reports") == 0);
    vce_client_free(client);
}

/* Calls that wait for their answer count only in the engine's figures. */
static void calls_are_not_counted(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_error *error = NULL;
    vce_client *client = new_client();
    CHECK_OK(vce_create_event(client, conversation.id, "custom:test", NULL, "{}", NULL, &error));
    CHECK(figure(client, "accepted") == 0 && figure(client, "created") == 0);
    CHECK(figure(client, "tokens_signed") == 1 && figure(client, "connections_opened") == 1);
    vce_client_free(client);
}

int main(void)
{
    sandbox_start();
    a_new_client();
    one_of_each();
    retries_are_counted();
    what_is_under_way();
    calls_are_not_counted();
    return EXIT_SUCCESS;
}
