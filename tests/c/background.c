/* One report for each event that was accepted: tag, outcome, and the event or the error. */
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"

static void an_event_is_created(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    enqueue(client, conversation.id, 7);
    vce_report *report = next_report(client);
    CHECK(vce_report_tag(report) == 7);
    CHECK(vce_report_outcome(report) == VCE_OUTCOME_CREATED);
    CHECK(vce_report_error(report) == NULL);
    CHECK(strcmp(vce_event_id(vce_report_event(report)), "1") == 0);
    CHECK(strcmp(vce_event_type(vce_report_event(report)), "custom:test") == 0);
    CHECK(strcmp(vce_event_body(vce_report_event(report)), "{\"n\":7}") == 0);
    CHECK(vce_poll(client, 0) == NULL);
    /* The report is valid after its client was freed. */
    vce_client_free(client);
    CHECK(strcmp(vce_event_body(vce_report_event(report)), "{\"n\":7}") == 0);
    vce_report_free(report);
}

/* The caller chooses the tags: any number, also the same number twice. */
static void tags_are_given_back(void)
{
    static const uint64_t TAGS[] = {0, 1, 1, UINT64_C(1) << 63, UINT64_MAX};
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    for (size_t i = 0; i < sizeof TAGS / sizeof *TAGS; i++)
        enqueue(client, conversation.id, TAGS[i]);
    for (size_t i = 0; i < sizeof TAGS / sizeof *TAGS; i++)
        CHECK(take_created(client) == TAGS[i]);
    CHECK(vce_poll(client, 0) == NULL);
    vce_client_free(client);
}

/* Arguments are copied: the sandbox gets what they were at the call. */
static void texts_are_copied(void)
{
    char body[] = "{\"n\":1234}";
    char type[] = "custom:copied";
    struct conversation conversation = sandbox_conversation();
    struct conversation copy = conversation;
    vce_error *error = NULL;
    vce_client *client = new_client();
    CHECK_OK(vce_enqueue_event(client, copy.id, type, NULL, body, 1, &error));
    memset(body, 'x', sizeof body);
    memset(type, 'x', sizeof type);
    memset(&copy, 'x', sizeof copy);
    vce_report *report = next_report(client);
    CHECK(strcmp(vce_event_type(vce_report_event(report)), "custom:copied") == 0);
    CHECK(strcmp(vce_event_body(vce_report_event(report)), "{\"n\":1234}") == 0);
    vce_report_free(report);
    vce_client_free(client);
}

static void an_event_is_refused(void)
{
    vce_client *client = new_client();
    enqueue(client, "CON-unknown", 1);
    vce_report *report = next_report(client);
    const vce_error *error = vce_report_error(report);
    CHECK(vce_report_tag(report) == 1);
    CHECK(vce_report_outcome(report) == VCE_OUTCOME_NOT_CREATED);
    CHECK(vce_error_status(error) == VCE_ERR_NOT_FOUND);
    CHECK(vce_error_http_status(error) == 404);
    CHECK(strcmp(vce_error_code(error), "conversation:error:not-found") == 0);
    vce_report_free(report);
    vce_client_free(client);
}

/* The connection breaks after the request has left: the outcome is unknown, so it is not repeated. */
static void an_answer_is_lost(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    sandbox_fault("\"kind\":\"drop\",\"creates\":true,\"conversation_id\":\"%s\"", conversation.id);
    enqueue(client, conversation.id, 1);
    enqueue(client, conversation.id, 2);
    CHECK(take_failed(client, VCE_ERR_NETWORK, VCE_OUTCOME_MAYBE_CREATED) == 1);
    CHECK(take_created(client) == 2);
    CHECK(sandbox_events(conversation.id, NULL, 0) == 2);
    CHECK(sandbox_requests(conversation.id) == 2);
    vce_client_free(client);
}

/* An invalid event is refused at once, and is not accepted. */
static void rules_are_checked_first(void)
{
    vce_error *error = NULL;
    vce_client *client = new_client();
    CHECK_FAILS(VCE_ERR_CONVERSATION_ID, vce_enqueue_event(client, "a/b", "oops", "-/", "[]", 1, &error));
    CHECK_FAILS(VCE_ERR_TYPE_PREFIX, vce_enqueue_event(client, "C", "oops", "-/", "[]", 1, &error));
    CHECK_FAILS(VCE_ERR_MEMBER_ID, vce_enqueue_event(client, "C", "custom:a", "-/", "[]", 1, &error));
    CHECK_FAILS(VCE_ERR_BODY_NOT_OBJECT, vce_enqueue_event(client, "C", "custom:a", NULL, "[]", 1, &error));
    CHECK(figure(client, "accepted") == 0);
    CHECK(vce_poll(client, 0) == NULL);
    CHECK(count_library_threads() == 0);
    vce_client_free(client);
}

static void only_reports_of_errors(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = client_with("reports", "errors", NULL);
    enqueue(client, conversation.id, 1);
    enqueue(client, "CON-unknown", 2);
    enqueue(client, conversation.id, 3);
    CHECK(vce_flush(client, UINT64_MAX, NULL, NULL) == VCE_OK);
    CHECK(figure(client, "events") == 1);
    CHECK(take_failed(client, VCE_ERR_NOT_FOUND, VCE_OUTCOME_NOT_CREATED) == 2);
    CHECK(vce_poll(client, 0) == NULL);
    CHECK(sandbox_events(conversation.id, NULL, 0) == 2);
    CHECK(figure(client, "created") == 2);
    vce_client_free(client);
}

static void no_reports(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = client_with("reports", "none", NULL);
    enqueue(client, conversation.id, 1);
    enqueue(client, "CON-unknown", 2);
    CHECK(vce_flush(client, UINT64_MAX, NULL, NULL) == VCE_OK);
    CHECK(vce_poll(client, 0) == NULL);
    CHECK(figure(client, "created") == 1 && figure(client, "not_created") == 1);
    CHECK(figure(client, "events") == 0 && figure(client, "bytes") == 0 && figure(client, "reports") == 0);
    vce_client_free(client);
}

static void *poll_without_limit(void *client)
{
    return vce_poll(client, UINT64_MAX);
}

static void polling_waits(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    CHECK(vce_poll(client, 0) == NULL);
    long long start = now_ms();
    CHECK(vce_poll(client, 200) == NULL);
    CHECK(now_ms() - start >= 199);
    /* A thread that already polls gets a report of an event that is enqueued later. */
    pthread_t poller = run_thread(poll_without_limit, client);
    enqueue(client, conversation.id, 5);
    vce_report *report = join_thread(poller);
    CHECK(report != NULL && vce_report_tag(report) == 5);
    vce_report_free(report);
    vce_client_free(client);
}

int main(void)
{
    sandbox_start();
    an_event_is_created();
    tags_are_given_back();
    texts_are_copied();
    an_event_is_refused();
    an_answer_is_lost();
    rules_are_checked_first();
    only_reports_of_errors();
    no_reports();
    polling_waits();
    return EXIT_SUCCESS;
}
