#include "peer.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

/* The most latencies that are reported. */
enum { LATENCIES = 4096 };

static struct {
    unsigned long events;
    unsigned long created;
    unsigned long stride;
    unsigned long sampled;
    uint64_t first_ns;
    uint64_t begin_ns;
    double cpu_s;
    uint32_t latencies_us[LATENCIES];
} measured;

struct settings read_settings(void)
{
    struct settings settings = {
        .url = setting("BENCH_URL"),
        .ca_file = setting("BENCH_CA"),
        .key_file = setting("BENCH_KEY"),
        .application = setting("BENCH_APPLICATION"),
        .token = setting("BENCH_TOKEN"),
        .events = setting_number("BENCH_EVENTS"),
        .in_flight = setting_number("BENCH_IN_FLIGHT"),
        .conversations = setting_number("BENCH_CONVERSATIONS"),
    };
    settings.ids = conversation_ids(settings.conversations);
    return settings;
}

static double cpu_seconds(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
           + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

void begin_measurement(unsigned long events)
{
    measured.first_ns = now_ns();
    measured.events = events;
    measured.created = 1;
    measured.stride = (events + LATENCIES - 1) / LATENCIES;
    measured.cpu_s = cpu_seconds();
    measured.begin_ns = now_ns();
}

void count_created(uint64_t since_ns)
{
    if (measured.created % measured.stride == 0)
        measured.latencies_us[measured.sampled++] = (uint32_t)((now_ns() - since_ns) / 1000);
    measured.created++;
}

void end_measurement(void)
{
    const uint64_t end_ns = now_ns();
    const double cpu_s = cpu_seconds() - measured.cpu_s;
    if (measured.created != measured.events)
        fail("events", "some were not created");
    printf("{\"first_ns\":%" PRIu64 ",\"begin_ns\":%" PRIu64 ",\"end_ns\":%" PRIu64
           ",\"cpu_s\":%.6f,\"created\":%lu,\"latencies_us\":[",
           measured.first_ns, measured.begin_ns, end_ns, cpu_s, measured.created);
    for (unsigned long i = 0; i < measured.sampled; i++)
        printf("%s%" PRIu32, i == 0 ? "" : ",", measured.latencies_us[i]);
    printf("],\"peak_rss_kb\":%lu}\n", memory_kb("VmHWM"));
}
