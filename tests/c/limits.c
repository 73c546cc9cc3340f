/* An event is finished within delivery_timeout, whatever the server does. */
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"

/* The first request hangs until its event's time is over. The event behind it was never sent. */
static void delivery_timeout(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = client_with("delivery_timeout", "3s", "timeout", "300s", NULL);
    enqueue(client, conversation.id, 0);
    CHECK(take_created(client) == 0);
    sandbox_fault("\"kind\":\"hang\",\"times\":null,\"conversation_id\":\"%s\"", conversation.id);
    long long start = now_ms();
    enqueue(client, conversation.id, 1);
    enqueue(client, conversation.id, 2);
    for (int i = 0; i < 2; i++) { /* in any order: their time ends together */
        vce_report *report = next_report(client);
        CHECK(vce_error_status(vce_report_error(report)) == VCE_ERR_TIMEOUT);
        CHECK(vce_report_outcome(report)
              == (vce_report_tag(report) == 1 ? VCE_OUTCOME_MAYBE_CREATED : VCE_OUTCOME_NOT_CREATED));
        vce_report_free(report);
    }
    CHECK(now_ms() - start >= 2990);
    CHECK(figure(client, "maybe_created") == 1 && figure(client, "not_created") == 1);
    CHECK(sandbox_requests(conversation.id) == 2);
    sandbox_forget_faults();
    enqueue(client, conversation.id, 3);
    CHECK(take_created(client) == 3);
    vce_client_free(client);
}

/* The server asks for a pause that is longer than the event's time: the event fails at once. */
static void retry_after_beyond_the_end(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = client_with("delivery_timeout", "60s", NULL);
    sandbox_fault("\"kind\":\"status\",\"status\":503,\"retry_after\":\"3000\",\"conversation_id\":\"%s\"",
                  conversation.id);
    long long start = now_ms();
    enqueue(client, conversation.id, 1);
    enqueue(client, conversation.id, 2);
    vce_report *report = next_report(client);
    CHECK(vce_report_tag(report) == 1 && vce_report_outcome(report) == VCE_OUTCOME_NOT_CREATED);
    CHECK(vce_error_retry_after_ms(vce_report_error(report)) == 3000000);
    vce_report_free(report);
    /* The whole engine pauses, so the next event cannot be sent in its time either. */
    CHECK(take_failed(client, VCE_ERR_RATE_LIMITED, VCE_OUTCOME_NOT_CREATED) == 2);
    CHECK(now_ms() - start < 50000);
    CHECK(sandbox_requests(conversation.id) == 1);
    vce_client_free(client);
}

/* One request in 1000 seconds: the first event is sent, the others cannot be sent in time. */
static void rate_limit_leaves_no_turn(void)
{
    struct conversation conversation = sandbox_conversation();
    struct conversation other = sandbox_conversation();
    vce_client *client = client_with("rate_limit", "0.001/s", "delivery_timeout", "120s", NULL);
    long long start = now_ms();
    enqueue(client, conversation.id, 1);
    CHECK(take_created(client) == 1);
    enqueue(client, conversation.id, 2);
    enqueue(client, other.id, 3);
    uint64_t tags = 0;
    tags |= UINT64_C(1) << take_failed(client, VCE_ERR_RATE_LIMITED, VCE_OUTCOME_NOT_CREATED);
    tags |= UINT64_C(1) << take_failed(client, VCE_ERR_RATE_LIMITED, VCE_OUTCOME_NOT_CREATED);
    CHECK(tags == (1 << 2 | 1 << 3));
    CHECK(now_ms() - start < 100000);
    CHECK(sandbox_requests(conversation.id) == 1 && sandbox_requests(other.id) == 0);
    vce_client_free(client);
}

/* All events are sent in time, one after the other. */
static void rate_limit_is_kept(void)
{
    enum { EVENTS = 6 };
    vce_client *client = client_with("rate_limit", "5/s", NULL);
    long long start = now_ms();
    for (uint64_t i = 0; i < EVENTS; i++)
        enqueue(client, sandbox_conversation().id, i);
    CHECK(vce_flush(client, UINT64_MAX, NULL, NULL) == VCE_OK);
    CHECK(now_ms() - start >= (EVENTS - 1) * 200 - 1);
    CHECK(figure(client, "created") == EVENTS);
    vce_client_free(client);
}

/* Each attempt has the time of the option timeout, not of delivery_timeout. */
static void each_attempt_has_its_time(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = client_with("timeout", "2s", "delivery", "at_least_once", NULL);
    enqueue(client, conversation.id, 0);
    CHECK(take_created(client) == 0);
    sandbox_fault("\"kind\":\"hang\",\"conversation_id\":\"%s\"", conversation.id);
    long long start = now_ms();
    enqueue(client, conversation.id, 1);
    CHECK(take_created(client) == 1);
    CHECK(now_ms() - start >= 1990);
    CHECK(figure(client, "retries") == 1);
    vce_client_free(client);
}

int main(void)
{
    sandbox_start();
    delivery_timeout();
    retry_after_beyond_the_end();
    rate_limit_leaves_no_turn();
    rate_limit_is_kept();
    each_attempt_has_its_time();
    return EXIT_SUCCESS;
}
