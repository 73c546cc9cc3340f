/* vce_client_close with background events: each is delivered in time, or its report says that it was not. */
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HUNG = 1, BEHIND = 3 };

/* A client whose first event has left and gets no answer; other events wait behind it. */
static vce_client *stuck_client(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = client_with("timeout", "300s", NULL);
    sandbox_fault("\"kind\":\"hang\",\"conversation_id\":\"%s\"", conversation.id);
    for (uint64_t i = 0; i < HUNG + BEHIND; i++)
        enqueue(client, conversation.id, i);
    AWAIT(sandbox_requests(conversation.id) == 1);
    return client;
}

/* Takes its reports: the first event may have been created, the others were not. */
static void take_cancelled(const vce_client *client)
{
    unsigned tags = 0;
    for (int i = 0; i < HUNG + BEHIND; i++) {
        vce_report *report = next_report(client);
        uint64_t tag = vce_report_tag(report);
        CHECK(tag < HUNG + BEHIND);
        CHECK(vce_error_status(vce_report_error(report)) == VCE_ERR_CLOSED);
        CHECK(vce_report_outcome(report) == (tag == 0 ? VCE_OUTCOME_MAYBE_CREATED : VCE_OUTCOME_NOT_CREATED));
        CHECK(vce_error_outcome(vce_report_error(report)) == vce_report_outcome(report));
        tags |= 1U << tag;
        vce_report_free(report);
    }
    CHECK(tags == (1U << (HUNG + BEHIND)) - 1);
    /* No more reports can come, so this returns at once, whatever its time limit is. */
    CHECK(vce_poll(client, UINT64_MAX) == NULL);
    CHECK(is_alone());
}

static void with_time_everything_is_delivered(void)
{
    enum { EVENTS = 100 };
    struct conversation conversation = sandbox_conversation();
    vce_error *error = NULL;
    vce_client *client = new_client();
    for (uint64_t i = 0; i < EVENTS; i++)
        enqueue(client, conversation.id, i);
    CHECK_OK(vce_client_close(client, UINT64_MAX, &error));
    CHECK(is_alone());
    CHECK_FAILS(VCE_ERR_CLOSED, vce_enqueue_event(client, conversation.id, "custom:a", NULL, "{}", 1, &error));
    for (uint64_t i = 0; i < EVENTS; i++)
        CHECK(take_created(client) == i);
    CHECK(vce_poll(client, UINT64_MAX) == NULL);
    CHECK_OK(vce_client_close(client, 0, &error));
    vce_client_free(client);
}

static void without_time_the_rest_is_cancelled(void)
{
    uint64_t remaining = 9;
    vce_error *error = NULL;
    vce_client *client = stuck_client();
    CHECK_FAILS(VCE_ERR_TIMEOUT, vce_client_close(client, 0, &error));
    CHECK_OK(vce_flush(client, UINT64_MAX, &remaining, &error));
    CHECK(remaining == 0);
    CHECK(figure(client, "maybe_created") == HUNG && figure(client, "not_created") == BEHIND);
    CHECK(figure(client, "queued") == 0 && figure(client, "in_flight") == 0);
    CHECK_OK(vce_client_close(client, UINT64_MAX, &error));
    take_cancelled(client);
    vce_client_free(client);
}

static void after_its_time_the_rest_is_cancelled(void)
{
    vce_client *client = stuck_client();
    long long start = now_ms();
    CHECK(vce_client_close(client, 300, NULL) == VCE_ERR_TIMEOUT);
    CHECK(now_ms() - start >= 299);
    take_cancelled(client);
    vce_client_free(client);
}

/* A server that accepts connections but sends nothing: no byte of a request can leave. */
static void before_the_request_has_left(void)
{
    char url[64];
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 8) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
    snprintf(url, sizeof url, "https://127.0.0.1:%d", ntohs(address.sin_port));

    vce_client *client = client_with("base_url", url, "timeout", "300s", "connect_timeout", "300s", NULL);
    enqueue(client, "CON-1", 1);
    int connection = accept(listener, NULL, NULL);
    CHECK(connection >= 0);
    CHECK(vce_client_close(client, 0, NULL) == VCE_ERR_TIMEOUT);
    CHECK(take_failed(client, VCE_ERR_CLOSED, VCE_OUTCOME_NOT_CREATED) == 1);
    vce_client_free(client);
    close(connection);
    close(listener);
}

/* An event that waits for its retry is not under way: it was certainly not created. */
static void between_two_attempts(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    sandbox_fault("\"kind\":\"status\",\"status\":503,\"retry_after\":\"200\",\"conversation_id\":\"%s\"",
                  conversation.id);
    enqueue(client, conversation.id, 1);
    AWAIT(sandbox_requests(conversation.id) == 1);
    AWAIT(figure(client, "queued") == 1);
    CHECK(vce_client_close(client, 0, NULL) == VCE_ERR_TIMEOUT);
    CHECK(take_failed(client, VCE_ERR_CLOSED, VCE_OUTCOME_NOT_CREATED) == 1);
    CHECK(is_alone());
    vce_client_free(client);
}

static void *flush(void *client)
{
    uint64_t remaining = 9;
    vce_error *error = NULL;
    CHECK_OK(vce_flush(client, UINT64_MAX, &remaining, &error));
    CHECK(remaining == 0);
    return NULL;
}

static void during_a_flush(void)
{
    vce_client *client = stuck_client();
    pthread_t flushing = run_thread(flush, client);
    pause_ms(50);
    CHECK(vce_client_close(client, 0, NULL) == VCE_ERR_TIMEOUT);
    join_thread(flushing);
    take_cancelled(client);
    vce_client_free(client);
}

static void *count_reports(void *client)
{
    uintptr_t count = 0;
    for (vce_report *report; (report = vce_poll(client, UINT64_MAX)) != NULL; count++)
        vce_report_free(report);
    return (void *)count;
}

static void during_polls(void)
{
    enum { THREADS = 3 };
    pthread_t threads[THREADS];
    uintptr_t reports = 0;
    vce_client *client = stuck_client();
    for (int i = 0; i < THREADS; i++)
        threads[i] = run_thread(count_reports, client);
    pause_ms(50);
    CHECK(vce_client_close(client, 0, NULL) == VCE_ERR_TIMEOUT);
    for (int i = 0; i < THREADS; i++)
        reports += (uintptr_t)join_thread(threads[i]);
    CHECK(reports == HUNG + BEHIND);
    vce_client_free(client);
}

/* Closing ends a thread's vce_poll even if the client never had a report. */
static void during_a_poll_for_nothing(void)
{
    vce_client *client = new_client();
    pthread_t polling = run_thread(count_reports, client);
    pause_ms(50);
    CHECK(vce_client_close(client, 0, NULL) == VCE_OK);
    CHECK(join_thread(polling) == NULL);
    vce_client_free(client);
}

static void *close_soon(void *client)
{
    return (void *)(uintptr_t)vce_client_close(client, 200, NULL);
}

static void *close_patiently(void *client)
{
    return (void *)(uintptr_t)vce_client_close(client, UINT64_MAX, NULL);
}

/* Two threads close one client: the shorter time holds for both, and both return when all is done. */
static void two_at_once(void)
{
    vce_client *client = stuck_client();
    pthread_t patient = run_thread(close_patiently, client);
    pthread_t hasty = run_thread(close_soon, client);
    uintptr_t first = (uintptr_t)join_thread(hasty);
    uintptr_t second = (uintptr_t)join_thread(patient);
    CHECK(first == VCE_ERR_TIMEOUT);
    CHECK(second == VCE_ERR_TIMEOUT || second == VCE_OK);
    take_cancelled(client);
    vce_client_free(client);
}

int main(void)
{
    sandbox_start();
    with_time_everything_is_delivered();
    without_time_the_rest_is_cancelled();
    after_its_time_the_rest_is_cancelled();
    before_the_request_has_left();
    between_two_attempts();
    during_a_flush();
    during_polls();
    during_a_poll_for_nothing();
    two_at_once();
    return EXIT_SUCCESS;
}
