/* Waiting costs no CPU time: the library wakes up only for what it waits for. */
#define _GNU_SOURCE
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"
#include <sys/resource.h>

/*
 * A loop that looks ten times a second makes a hundred voluntary context switches in ten seconds.
 * Threads that end in that time, and the program's own waits, make only a few.
 */
enum { WAIT_MS = 10000, MOST_SWITCHES = 40, MOST_CPU_MS = 100 };

struct cost {
    long switches;
    long long cpu_ms;
};

static struct cost cost_so_far(void)
{
    struct rusage usage;
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    return (struct cost){usage.ru_nvcsw, (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000LL
                                             + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000};
}

static void check_cost_since(struct cost before)
{
    struct cost after = cost_so_far();
    if (after.switches - before.switches > MOST_SWITCHES || after.cpu_ms - before.cpu_ms > MOST_CPU_MS)
        fprintf(stderr, "%ld switches, %lld ms of processor time\n", after.switches - before.switches,
                after.cpu_ms - before.cpu_ms);
    CHECK(after.switches - before.switches <= MOST_SWITCHES);
    CHECK(after.cpu_ms - before.cpu_ms <= MOST_CPU_MS);
}

/* Workers without events, idle connections, and a thread that polls. */
static void with_an_empty_queue(void)
{
    vce_client *client = client_with("connections", "4", NULL);
    for (uint64_t i = 0; i < 20; i++)
        enqueue(client, sandbox_conversation().id, i);
    for (int i = 0; i < 20; i++)
        take_created(client);
    CHECK(count_threads() > 1);
    struct cost before = cost_so_far();
    CHECK(vce_poll(client, WAIT_MS) == NULL);
    check_cost_since(before);
    vce_client_free(client);
}

/* An event that the server asked to repeat after a minute, others behind it, and a thread that flushes. */
static void with_an_event_that_waits_for_its_retry(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    sandbox_fault("\"kind\":\"status\",\"status\":503,\"retry_after\":\"60\",\"conversation_id\":\"%s\"",
                  conversation.id);
    for (uint64_t i = 0; i < 20; i++)
        enqueue(client, i < 10 ? conversation.id : sandbox_conversation().id, i);
    AWAIT(sandbox_requests(conversation.id) == 1);
    AWAIT(figure(client, "in_flight") == 0);
    struct cost before = cost_so_far();
    CHECK(vce_flush(client, WAIT_MS, NULL, NULL) == VCE_ERR_TIMEOUT);
    check_cost_since(before);
    CHECK(figure(client, "queued") > 0);
    vce_client_free(client);
}

/* A request that gets no answer. */
static void with_a_request_in_flight(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = client_with("timeout", "300s", NULL);
    sandbox_fault("\"kind\":\"hang\",\"conversation_id\":\"%s\"", conversation.id);
    enqueue(client, conversation.id, 1);
    AWAIT(sandbox_requests(conversation.id) == 1);
    struct cost before = cost_so_far();
    CHECK(vce_flush(client, WAIT_MS, NULL, NULL) == VCE_ERR_TIMEOUT);
    check_cost_since(before);
    vce_client_free(client);
}

int main(void)
{
    sandbox_start();
    with_an_empty_queue();
    with_an_event_that_waits_for_its_retry();
    with_a_request_in_flight();
    return EXIT_SUCCESS;
}
