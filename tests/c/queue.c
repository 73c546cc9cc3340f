/* How much the queue takes, and that a refused event leaves no trace. */
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"

static vce_status try_to_enqueue(const vce_client *client, const char *conversation_id, const char *body)
{
    return vce_enqueue_event(client, conversation_id, "custom:test", NULL, body, 1, NULL);
}

/* An event counts until its report has been taken. */
static void full_of_events(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_error *error = NULL;
    vce_client *client = client_with("queue_max_events", "2", NULL);
    enqueue(client, conversation.id, 1);
    enqueue(client, conversation.id, 2);
    CHECK_FAILS(VCE_ERR_QUEUE_FULL, vce_enqueue_event(client, conversation.id, "custom:test", NULL, "{}", 3, &error));
    CHECK(vce_flush(client, UINT64_MAX, NULL, NULL) == VCE_OK);
    CHECK(vce_enqueue_event(client, conversation.id, "custom:test", NULL, "{}", 3, &error) == VCE_ERR_QUEUE_FULL);
    CHECK(vce_error_outcome(error) == VCE_OUTCOME_NOT_CREATED && vce_error_is_retryable(error));
    vce_error_free(error);
    CHECK(figure(client, "accepted") == 2 && figure(client, "events") == 2);

    CHECK(take_created(client) == 1);
    enqueue(client, conversation.id, 4);
    CHECK(try_to_enqueue(client, conversation.id, "{}") == VCE_ERR_QUEUE_FULL);
    CHECK(take_created(client) == 2 && take_created(client) == 4);
    CHECK(vce_poll(client, 0) == NULL);
    CHECK(sandbox_events(conversation.id, NULL, 0) == 3);
    vce_client_free(client);
}

static void full_of_bytes(void)
{
    static const char TEXT[] = "{\"n\":1,\"text\":\"%03700d\"}";
    char body[4096];
    struct conversation conversation = sandbox_conversation();
    vce_client *client = client_with("queue_max_bytes", "16KiB", NULL);
    int accepted = 0;
    snprintf(body, sizeof body, TEXT, 0);
    while (try_to_enqueue(client, conversation.id, body) == VCE_OK)
        accepted++;
    CHECK(accepted >= 2 && accepted <= 4);
    CHECK(try_to_enqueue(client, conversation.id, body) == VCE_ERR_QUEUE_FULL);
    CHECK(figure(client, "bytes") >= accepted * 3700 && figure(client, "bytes") <= 16384);
    CHECK(figure(client, "accepted") == accepted);
    vce_report_free(next_report(client));
    CHECK(try_to_enqueue(client, conversation.id, body) == VCE_OK);
    CHECK(vce_flush(client, UINT64_MAX, NULL, NULL) == VCE_OK);
    CHECK(sandbox_events(conversation.id, NULL, 0) == (size_t)accepted + 1);
    vce_client_free(client);
}

/* An event larger than the whole queue is refused like any other. */
static void larger_than_the_queue(void)
{
    char body[1024];
    vce_client *client = client_with("queue_max_bytes", "512", NULL);
    snprintf(body, sizeof body, "{\"text\":\"%0900d\"}", 0);
    CHECK(try_to_enqueue(client, "CON-1", body) == VCE_ERR_QUEUE_FULL);
    CHECK(figure(client, "accepted") == 0 && figure(client, "bytes") == 0);
    vce_client_free(client);
}

static void oversize_body(void)
{
    char body[5000];
    vce_error *error = NULL;
    vce_client *client = new_client();
    snprintf(body, sizeof body, "{\"text\":\"%04086d\"}", 0);
    CHECK(strlen(body) == 4097);
    CHECK_FAILS(VCE_ERR_BODY_TOO_LARGE, vce_enqueue_event(client, "CON-1", "custom:test", NULL, body, 1, &error));
    CHECK(figure(client, "accepted") == 0);
    vce_client_free(client);
}

/* Without reports, an event counts until it is finished. */
static void without_reports(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = client_with("queue_max_events", "1", "reports", "none", NULL);
    for (uint64_t i = 0; i < 3; i++) {
        enqueue(client, conversation.id, i);
        CHECK(vce_flush(client, UINT64_MAX, NULL, NULL) == VCE_OK);
    }
    sandbox_fault("\"kind\":\"hang\",\"conversation_id\":\"%s\"", conversation.id);
    enqueue(client, conversation.id, 3);
    CHECK(try_to_enqueue(client, conversation.id, "{}") == VCE_ERR_QUEUE_FULL);
    vce_client_free(client);
}

static void closed(void)
{
    vce_error *error = NULL;
    vce_client *client = new_client();
    CHECK_OK(vce_client_close(client, 0, &error));
    CHECK_FAILS(VCE_ERR_CLOSED, vce_enqueue_event(client, "CON-1", "custom:test", NULL, "{}", 1, &error));
    CHECK(figure(client, "accepted") == 0);
    CHECK(count_library_threads() == 0);
    vce_client_free(client);
}

int main(void)
{
    sandbox_start();
    full_of_events();
    full_of_bytes();
    larger_than_the_queue();
    oversize_body();
    without_reports();
    closed();
    return EXIT_SUCCESS;
}
