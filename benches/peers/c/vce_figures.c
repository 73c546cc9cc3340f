/* libvce: costs that no peer can be compared with. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vce_peer.h"

enum { LONGEST_TYPE = 100, VALIDATIONS = 1000000, QUEUED = 10000 };

/* Returns the memory in kB that a client and its first event add to a process. */
static unsigned long client_rss_kb(const struct settings *settings)
{
    const unsigned long before = memory_kb("VmRSS");
    vce_client *client = open_client(new_config(settings));
    create_event(client, settings, 0);
    const unsigned long after = memory_kb("VmRSS");
    vce_client_free(client);
    return after - before;
}

/* Returns the time of a call with the longest type, in nanoseconds. */
static double validate_type_ns(void)
{
    char type[LONGEST_TYPE + 1] = "custom:";
    memset(type + strlen(type), 'x', LONGEST_TYPE - strlen(type));
    const uint64_t begin = now_ns();
    for (int i = 0; i < VALIDATIONS; i++)
        check(vce_validate_type(type, NULL), NULL);
    return (double)(now_ns() - begin) / VALIDATIONS;
}

static int compare(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static uint64_t median(uint64_t *samples, size_t count)
{
    qsort(samples, count, sizeof *samples, compare);
    return samples[count / 2];
}

/* Returns the time that reading the clock adds to each sample. */
static uint64_t clock_ns(uint64_t *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint64_t begin = now_ns();
        samples[i] = now_ns() - begin;
    }
    return median(samples, count);
}

static void enqueue(const vce_client *client, const struct settings *settings, unsigned long number)
{
    vce_error *error = NULL;
    check(vce_enqueue_event(client, settings->ids[number % settings->conversations].text, EVENT_TYPE, EVENT_FROM,
                            EVENT_BODY, number, &error),
          error);
}

/* Returns the median of calls that fill a queue, while almost nothing is sent from it. */
static uint64_t enqueue_ns(const struct settings *settings)
{
    static uint64_t samples[QUEUED];
    vce_config *config = new_config(settings);
    set(config, "rate_limit", "1/s");
    vce_client *client = open_client(config);
    /* Starts the thread, and uses up the rate limit of one second. */
    enqueue(client, settings, 0);
    vce_report_free(vce_poll(client, UINT64_MAX));
    for (int i = 0; i < QUEUED; i++) {
        const uint64_t begin = now_ns();
        enqueue(client, settings, (unsigned long)i);
        samples[i] = now_ns() - begin;
    }
    vce_client_free(client);
    const uint64_t with_clock = median(samples, QUEUED);
    return with_clock - clock_ns(samples, QUEUED);
}

int main(void)
{
    const struct settings settings = read_settings();
    /* Measured first: later there is freed memory that can be used again. */
    const unsigned long rss_kb = client_rss_kb(&settings);
    printf("{\"client_rss_kb\":%lu,\"validate_type_ns\":%.1f,\"enqueue_ns\":%" PRIu64 "}\n", rss_kb,
           validate_type_ns(), enqueue_ns(&settings));
    free(settings.ids);
    return EXIT_SUCCESS;
}
