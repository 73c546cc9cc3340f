#include "scale.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

vce_client *new_client(const char *base_url, unsigned long connections)
{
    char number[24];
    snprintf(number, sizeof number, "%lu", connections);
    vce_config *config = vce_config_new();
    set(config, "base_url", base_url);
    set(config, "proxy", "none");
    set(config, "ca_file", setting("BENCH_CA"));
    set(config, "application_id", setting("BENCH_APPLICATION"));
    set(config, "private_key_path", setting("BENCH_KEY"));
    set(config, "connections", number);
    set(config, "queue_max_events", "1000000");
    set(config, "queue_max_bytes", "4096MiB");
    return open_client(config);
}

void enqueue(const vce_client *client, const struct conversation_id *conversation)
{
    vce_error *error = NULL;
    vce_status status = vce_enqueue_event(client, conversation->text, EVENT_TYPE, EVENT_FROM, EVENT_BODY, 0, &error);
    check(status, error);
}

struct usage usage(void)
{
    struct timespec cpu;
    struct rusage used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    getrusage(RUSAGE_SELF, &used);
    return (struct usage){
        .at_ns = now_ns(),
        .cpu_ns = (uint64_t)cpu.tv_sec * 1000000000u + (uint64_t)cpu.tv_nsec,
        .switches = (uint64_t)used.ru_nvcsw + (uint64_t)used.ru_nivcsw,
    };
}

struct usage usage_since(const struct usage *begin)
{
    struct usage now = usage();
    return (struct usage){
        .at_ns = now.at_ns - begin->at_ns,
        .cpu_ns = now.cpu_ns - begin->cpu_ns,
        .switches = now.switches - begin->switches,
    };
}
