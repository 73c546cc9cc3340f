/* Eight threads enqueue on one client while four poll it: each event has exactly one report. */
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"
#include <stdatomic.h>

enum { WRITERS = 8, READERS = 4, EACH = 250, EVENTS = WRITERS * EACH };

struct writer {
    const vce_client *client;
    struct conversation conversation;
    uint64_t first;
};

static atomic_int reports[EVENTS];

static void *write_events(void *argument)
{
    const struct writer *writer = argument;
    for (uint64_t i = 0; i < EACH; i++)
        enqueue(writer->client, writer->conversation.id, writer->first + i);
    return NULL;
}

/* Polls until the client is closed and has no more reports. */
static void *read_reports(void *client)
{
    for (vce_report *report; (report = vce_poll(client, UINT64_MAX)) != NULL; vce_report_free(report)) {
        CHECK(vce_report_outcome(report) == VCE_OUTCOME_CREATED);
        CHECK(vce_report_tag(report) < EVENTS);
        atomic_fetch_add(&reports[vce_report_tag(report)], 1);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[WRITERS + READERS];
    struct writer writers[WRITERS];
    sandbox_start();
    vce_client *client = new_client();
    for (int i = 0; i < READERS; i++)
        threads[WRITERS + i] = run_thread(read_reports, client);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){client, sandbox_conversation(), (uint64_t)i * EACH};
        threads[i] = run_thread(write_events, &writers[i]);
    }
    for (int i = 0; i < WRITERS; i++)
        join_thread(threads[i]);
    CHECK(vce_client_close(client, UINT64_MAX, NULL) == VCE_OK);
    for (int i = 0; i < READERS; i++)
        join_thread(threads[WRITERS + i]);

    for (int i = 0; i < EVENTS; i++)
        CHECK(atomic_load(&reports[i]) == 1);
    /* Each thread's events are in its own order. */
    for (int i = 0; i < WRITERS; i++) {
        long numbers[EACH];
        CHECK(sandbox_events(writers[i].conversation.id, numbers, EACH) == EACH);
        for (int n = 0; n < EACH; n++)
            CHECK(numbers[n] == i * EACH + n);
    }
    CHECK(figure(client, "created") == EVENTS && figure(client, "events") == 0);
    vce_client_free(client);
    return EXIT_SUCCESS;
}
