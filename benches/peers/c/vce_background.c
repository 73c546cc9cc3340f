/* libvce in the background: a bounded queue, and reports that are polled when it is full. */
#include <stdio.h>
#include <stdlib.h>

#include "vce_peer.h"

/* Events in the queue for each connection: enough that one is always ready to be sent. */
enum { QUEUED = 4 };

static void set_number(vce_config *config, const char *name, unsigned long number)
{
    char text[24];
    snprintf(text, sizeof text, "%lu", number);
    set(config, name, text);
}

static void take(vce_report *report)
{
    const vce_event *event = vce_report_event(report);
    if (event == NULL)
        fail("an event was not created", vce_error_message(vce_report_error(report)));
    if (vce_event_id(event) == NULL)
        fail("the answer", "has no id");
    count_created(vce_report_tag(report));
    vce_report_free(report);
}

/* Waits for a report, and takes all that are there. Returns how many. */
static unsigned long take_reports(const vce_client *client)
{
    unsigned long taken = 0;
    for (vce_report *report = vce_poll(client, UINT64_MAX); report != NULL; report = vce_poll(client, 0)) {
        take(report);
        taken++;
    }
    return taken;
}

/* Enqueues an event. Returns how many reports it had to take to make room. */
static unsigned long enqueue(const vce_client *client, const char *conversation_id)
{
    unsigned long taken = 0;
    vce_error *error = NULL;
    vce_status status;
    /* The tag is the time, so that a report shows how long its event took. */
    while ((status = vce_enqueue_event(client, conversation_id, EVENT_TYPE, EVENT_FROM, EVENT_BODY, now_ns(),
                                       &error)) == VCE_ERR_QUEUE_FULL) {
        vce_error_free(error);
        error = NULL;
        taken += take_reports(client);
    }
    check(status, error);
    return taken;
}

int main(void)
{
    const struct settings settings = read_settings();
    vce_config *config = new_config(&settings);
    set_number(config, "connections", settings.in_flight);
    set_number(config, "queue_max_events", QUEUED * settings.in_flight);
    vce_client *client = open_client(config);

    enqueue(client, settings.ids[0].text);
    vce_report *first = vce_poll(client, UINT64_MAX);
    if (vce_report_outcome(first) != VCE_OUTCOME_CREATED)
        fail("the first event was not created", vce_error_message(vce_report_error(first)));
    begin_measurement(settings.events);
    vce_report_free(first);
    unsigned long taken = 1;
    for (unsigned long number = 1; number < settings.events; number++)
        taken += enqueue(client, settings.ids[number % settings.conversations].text);
    while (taken < settings.events)
        taken += take_reports(client);
    end_measurement();

    vce_client_free(client);
    free(settings.ids);
    return EXIT_SUCCESS;
}
