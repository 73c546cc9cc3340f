/*
 * Sends BENCH_EVENTS in the background, BENCH_BURST of them at a time: it enqueues a burst,
 * takes all its reports, and enqueues the next one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scale.h"

static void send_burst(const vce_client *client, const struct conversation_id *ids,
                       unsigned long conversations, unsigned long begin, unsigned long end)
{
    for (unsigned long i = begin; i < end; i++)
        enqueue(client, &ids[i % conversations]);
    for (unsigned long i = begin; i < end; i++) {
        vce_report *report = vce_poll(client, UINT64_MAX);
        if (vce_report_outcome(report) != VCE_OUTCOME_CREATED)
            fail("an event was not created", vce_error_message(vce_report_error(report)));
        vce_report_free(report);
    }
}

static unsigned long connections_opened(const vce_client *client)
{
    static const char KEY[] = "\"connections_opened\":";
    char *stats = vce_client_stats(client);
    const char *found = strstr(stats, KEY);
    unsigned long opened = found == NULL ? 0 : strtoul(found + strlen(KEY), NULL, 10);
    vce_string_free(stats);
    return opened;
}

int main(void)
{
    unsigned long events = setting_number("BENCH_EVENTS");
    unsigned long burst = setting_number("BENCH_BURST");
    unsigned long connections = setting_number("BENCH_IN_FLIGHT");
    unsigned long conversations = setting_number("BENCH_CONVERSATIONS");
    struct conversation_id *ids = conversation_ids(conversations);
    vce_client *client = new_client(setting("BENCH_URL"), connections);

    /* Signs the token, and opens as many connections as there are conversations for. */
    unsigned long first = 2 * connections;
    send_burst(client, ids, conversations, 0, first);

    struct usage begin = usage();
    for (unsigned long sent = 0; sent < events; sent += burst) {
        unsigned long last = sent + burst < events ? sent + burst : events;
        send_burst(client, ids, conversations, sent, last);
    }
    struct usage used = usage_since(&begin);

    printf("{\"events\":%lu,\"created\":%lu,\"elapsed_ns\":%" PRIu64 ",\"cpu_ns\":%" PRIu64 ",\"switches\":%" PRIu64
           ",\"connections_opened\":%lu,\"peak_kb\":%lu}\n",
           events, first + events, used.at_ns, used.cpu_ns, used.switches, connections_opened(client),
           memory_kb("VmHWM"));
    vce_client_free(client);
    free(ids);
    return EXIT_SUCCESS;
}
