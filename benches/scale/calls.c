/*
 * BENCH_THREADS threads share a client and create BENCH_EVENTS with vce_create_event. Each thread
 * has its own conversation.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "scale.h"

struct caller {
    pthread_t thread;
    const vce_client *client;
    const struct conversation_id *conversation;
    pthread_barrier_t *start;
    unsigned long events;
};

static void create(const struct caller *caller)
{
    vce_event *event = NULL;
    vce_error *error = NULL;
    vce_status status = vce_create_event(caller->client, caller->conversation->text, EVENT_TYPE, EVENT_FROM,
                                         EVENT_BODY, &event, &error);
    check(status, error);
    if (vce_event_id(event) == NULL)
        fail("the answer", "has no id");
    vce_event_free(event);
}

static void *call(void *argument)
{
    const struct caller *caller = argument;
    /* Opens the connection. */
    create(caller);
    pthread_barrier_wait(caller->start);
    pthread_barrier_wait(caller->start);
    for (unsigned long i = 0; i < caller->events; i++)
        create(caller);
    return NULL;
}

int main(void)
{
    unsigned long threads = setting_number("BENCH_THREADS");
    unsigned long each = setting_number("BENCH_EVENTS") / threads;
    struct conversation_id *ids = conversation_ids(threads);
    struct caller *callers = calloc(threads, sizeof *callers);
    pthread_barrier_t start;
    vce_client *client = new_client(setting("BENCH_URL"), threads);

    pthread_barrier_init(&start, NULL, (unsigned)threads + 1);
    for (unsigned long i = 0; i < threads; i++) {
        callers[i] = (struct caller){.client = client, .conversation = &ids[i], .start = &start, .events = each};
        if (pthread_create(&callers[i].thread, NULL, call, &callers[i]) != 0)
            fail("a thread", "cannot be made");
    }
    pthread_barrier_wait(&start);
    struct usage begin = usage();
    pthread_barrier_wait(&start);
    for (unsigned long i = 0; i < threads; i++)
        pthread_join(callers[i].thread, NULL);
    struct usage used = usage_since(&begin);

    printf("{\"events\":%lu,\"created\":%lu,\"elapsed_ns\":%" PRIu64 ",\"cpu_ns\":%" PRIu64
           ",\"switches\":%" PRIu64 ",\"peak_kb\":%lu}\n",
           each * threads, (each + 1) * threads, used.at_ns, used.cpu_ns, used.switches, memory_kb("VmHWM"));
    vce_client_free(client);
    pthread_barrier_destroy(&start);
    free(callers);
    free(ids);
    return EXIT_SUCCESS;
}
