#include "peer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* So many latencies are reported at most. */
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

void fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    if (value == NULL)
        fail(name, "is not set");
    return value;
}

static unsigned long setting_number(const char *name)
{
    unsigned long number = strtoul(setting(name), NULL, 10);
    if (number == 0)
        fail(name, "is not a number from 1");
    return number;
}

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
    settings.ids = malloc(settings.conversations * sizeof *settings.ids);
    if (settings.ids == NULL)
        fail("conversation ids", "no memory");
    for (unsigned long i = 0; i < settings.conversations; i++)
        snprintf(settings.ids[i].text, sizeof settings.ids[i].text, "CON-00000000-0000-4000-8000-%012lu", i);
    return settings;
}

uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
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

unsigned long memory_kb(const char *name)
{
    const size_t length = strlen(name);
    char line[128];
    unsigned long kb = 0;
    FILE *status = fopen("/proc/self/status", "r");
    if (status == NULL)
        fail("/proc/self/status", "cannot be read");
    while (fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, name, length) == 0 && line[length] == ':')
            kb = strtoul(line + length + 1, NULL, 10);
    fclose(status);
    return kb;
}
