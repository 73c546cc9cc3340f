/*
 * Sends events in the background, and prints the delivery report of each. Reads the same variables
 * as create_event.c.
 *
 *     cc background.c -I../../../include -L../../../target/release -lvce -o background
 *     ./background [COUNT]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <vce.h>

static const uint64_t FLUSH_MS = 60000;
static const uint64_t CLOSE_MS = 10000;

/* Counts what the delivery reports said. */
struct tally {
    unsigned long created;
    unsigned long failed;
};

static vce_status new_client(vce_client **client, vce_error **error)
{
    vce_config *config = vce_config_new();
    vce_status status = vce_config_load_env(config, error);
    if (status == VCE_OK)
        status = vce_client_new(config, client, error);
    vce_config_free(config);
    return status;
}

static void count(struct tally *tally, vce_report *report)
{
    if (vce_report_outcome(report) == VCE_OUTCOME_CREATED) {
        tally->created++;
    } else {
        tally->failed++;
        fprintf(stderr, "event %" PRIu64 ": %s\n", vce_report_tag(report),
                vce_error_message(vce_report_error(report)));
    }
    vce_report_free(report);
}

/* Takes the reports that are there. If there is none, waits for one. */
static void take_reports(const vce_client *client, uint64_t timeout_ms, struct tally *tally)
{
    vce_report *report;
    while ((report = vce_poll(client, timeout_ms)) != NULL) {
        count(tally, report);
        timeout_ms = 0;
    }
}

/* Enqueues an event. A full queue has room again when a report has been taken. */
static vce_status enqueue(const vce_client *client, const char *conversation_id, uint64_t number,
                          struct tally *tally, vce_error **error)
{
    char body[48];
    snprintf(body, sizeof body, "{\"number\":%" PRIu64 "}", number);
    for (;;) {
        vce_status status = vce_enqueue_event(client, conversation_id, "custom:background",
                                              getenv("MEMBER_ID"), body, number, error);
        if (status != VCE_ERR_QUEUE_FULL)
            return status;
        vce_error_free(*error);
        *error = NULL;
        take_reports(client, 1000, tally);
    }
}

static vce_status send_all(const vce_client *client, const char *conversation_id, unsigned long events,
                           struct tally *tally, vce_error **error)
{
    for (unsigned long number = 0; number < events; number++) {
        vce_status status = enqueue(client, conversation_id, number, tally, error);
        if (status != VCE_OK)
            return status;
    }
    while (tally->created + tally->failed < events)
        take_reports(client, UINT64_MAX, tally);
    /* Every report was taken, so this returns at once. A program that takes no reports waits here. */
    return vce_flush(client, FLUSH_MS, NULL, error);
}

static int fail(vce_error *error)
{
    fprintf(stderr, "%s: %s\n", vce_status_name(vce_error_status(error)), vce_error_message(error));
    vce_error_free(error);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const char *conversation_id = getenv("CONVERSATION_ID");
    unsigned long events = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;
    struct tally tally = {0, 0};
    vce_client *client = NULL;
    vce_error *error = NULL;

    if (conversation_id == NULL) {
        fputs("Set CONVERSATION_ID to the conversation that the events go to.\n", stderr);
        return EXIT_FAILURE;
    }
    if (new_client(&client, &error) != VCE_OK)
        return fail(error);

    vce_status status = send_all(client, conversation_id, events, &tally, &error);
    if (status == VCE_OK)
        status = vce_client_close(client, CLOSE_MS, &error);
    if (status == VCE_OK) {
        char *stats = vce_client_stats(client);
        printf("C created %lu events, %lu failed\n%s\n", tally.created, tally.failed, stats);
        vce_string_free(stats);
    }
    vce_client_free(client);
    if (status != VCE_OK)
        return fail(error);
    return tally.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
