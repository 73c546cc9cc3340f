/*
 * What vce_enqueue_event costs while nothing is delivered: BENCH_THREADS threads fill an empty
 * queue with BENCH_EVENTS, and every call is timed. The server of the client's only connection
 * never answers, so the library's threads do nothing.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scale.h"

/* A short queue is filled several times, so that there are enough calls for a median. */
enum { CALLS = 2000, MOST_FILLS = 200, WARMING_CALLS = 200 };

struct silent_server {
    int listener;
    char url[48];
};

struct producer {
    pthread_t thread;
    const vce_client *client;
    const vce_client *other;
    const struct conversation_id *ids;
    unsigned long conversations;
    pthread_barrier_t *start;
    unsigned long calls;
    uint32_t *took_ns;
};

static struct silent_server silent_server(void)
{
    struct silent_server server;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    server.listener = socket(AF_INET, SOCK_STREAM, 0);
    if (server.listener < 0 || bind(server.listener, (struct sockaddr *)&address, sizeof address) != 0
        || listen(server.listener, 16) != 0
        || getsockname(server.listener, (struct sockaddr *)&address, &length) != 0)
        fail("the server", "has no port to listen at");
    snprintf(server.url, sizeof server.url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    return server;
}

/*
 * Makes a client. One of its threads waits for an answer, and the other one watches the time
 * limit of a waiting event, so that no call has to start a thread. `connection` is the server's
 * end.
 */
static vce_client *stalled_client(const struct silent_server *server, const struct conversation_id *conversation,
                                  int *connection)
{
    vce_client *client = new_client(server->url, 1);
    enqueue(client, conversation);
    *connection = accept(server->listener, NULL, NULL);
    struct pollfd request = {.fd = *connection, .events = POLLIN};
    if (*connection < 0 || poll(&request, 1, 10000) != 1)
        fail("the server", "no request came");
    enqueue(client, conversation);
    return client;
}

static void *produce(void *argument)
{
    const struct producer *producer = argument;
    /* The calls of another client load the code into the caches: only the queue is measured. */
    for (unsigned long i = 0; i < WARMING_CALLS; i++)
        enqueue(producer->other, &producer->ids[i % producer->conversations]);
    pthread_barrier_wait(producer->start);
    pthread_barrier_wait(producer->start);
    for (unsigned long i = 0; i < producer->calls; i++) {
        uint64_t begin = now_ns();
        enqueue(producer->client, &producer->ids[i % producer->conversations]);
        producer->took_ns[i] = (uint32_t)(now_ns() - begin);
    }
    return NULL;
}

static int compare(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* Returns what the timing itself adds to a call. */
static uint32_t clock_ns(void)
{
    enum { SAMPLES = 1001 };
    uint32_t samples[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        uint64_t begin = now_ns();
        samples[i] = (uint32_t)(now_ns() - begin);
    }
    qsort(samples, SAMPLES, sizeof *samples, compare);
    return samples[SAMPLES / 2];
}

struct totals {
    uint64_t elapsed_ns;
    uint64_t cpu_ns;
    uint64_t free_ns;
    unsigned long grown_kb;
};

/* Fills one queue. The last tenth of each thread's calls goes to `samples`. */
static unsigned long fill(const struct silent_server *server, struct producer *producers, unsigned long threads,
                          uint32_t *samples, struct totals *totals)
{
    pthread_barrier_t start;
    int connection;
    vce_client *client = stalled_client(server, producers[0].ids, &connection);
    unsigned long before_kb = memory_kb("VmRSS"), sampled = 0;

    pthread_barrier_init(&start, NULL, (unsigned)threads + 1);
    for (unsigned long i = 0; i < threads; i++) {
        producers[i].client = client;
        producers[i].start = &start;
        if (pthread_create(&producers[i].thread, NULL, produce, &producers[i]) != 0)
            fail("a thread", "cannot be made");
    }
    pthread_barrier_wait(&start);
    struct usage begin = usage();
    pthread_barrier_wait(&start);
    for (unsigned long i = 0; i < threads; i++)
        pthread_join(producers[i].thread, NULL);
    struct usage used = usage_since(&begin);
    totals->elapsed_ns += used.at_ns;
    totals->cpu_ns += used.cpu_ns;
    totals->grown_kb += memory_kb("VmRSS") - before_kb;

    for (unsigned long i = 0; i < threads; i++) {
        unsigned long calls = producers[i].calls, tenth = (calls + 9) / 10;
        memcpy(samples + sampled, producers[i].took_ns + calls - tenth, tenth * sizeof *samples);
        sampled += tenth;
    }
    uint64_t free_begin = now_ns();
    vce_client_free(client);
    totals->free_ns += now_ns() - free_begin;
    close(connection);
    pthread_barrier_destroy(&start);
    return sampled;
}

static void *zeroed(size_t count, size_t size)
{
    void *memory = malloc(count * size);
    if (memory == NULL)
        fail("the latencies", "no memory");
    /* Written once, so that it does not count as growth later. */
    memset(memory, 0, count * size);
    return memory;
}

int main(void)
{
    unsigned long events = setting_number("BENCH_EVENTS");
    unsigned long threads = setting_number("BENCH_THREADS");
    unsigned long conversations = setting_number("BENCH_CONVERSATIONS");
    struct conversation_id *ids = conversation_ids(conversations);
    struct silent_server server = silent_server();
    unsigned long each = (events + threads - 1) / threads, per_thread = conversations / threads;
    unsigned long fills = CALLS / events;
    fills = fills < 1 ? 1 : fills > MOST_FILLS ? MOST_FILLS : fills;

    int connection;
    vce_client *other = stalled_client(&server, ids, &connection);
    struct producer *producers = zeroed(threads, sizeof *producers);
    for (unsigned long i = 0; i < threads; i++) {
        producers[i].other = other;
        producers[i].ids = ids + i * per_thread;
        producers[i].conversations = per_thread;
        producers[i].calls = each;
        producers[i].took_ns = zeroed(each, sizeof(uint32_t));
    }

    uint32_t *samples = zeroed(fills * threads * ((each + 9) / 10), sizeof *samples);
    struct totals totals = {0, 0, 0, 0};
    unsigned long sampled = 0;
    for (unsigned long i = 0; i < fills; i++)
        sampled += fill(&server, producers, threads, samples + sampled, &totals);
    qsort(samples, sampled, sizeof *samples, compare);

    unsigned long filled = fills * threads * each;
    printf("{\"events\":%lu,\"fills\":%lu,\"elapsed_ns\":%" PRIu64 ",\"cpu_ns\":%" PRIu64 ",\"free_ns\":%" PRIu64
           ",\"p50_ns\":%" PRIu32 ",\"p99_ns\":%" PRIu32 ",\"clock_ns\":%" PRIu32 ",\"grown_kb\":%lu}\n",
           filled, fills, totals.elapsed_ns, totals.cpu_ns, totals.free_ns, samples[sampled / 2],
           samples[sampled - 1 - sampled / 100], clock_ns(), totals.grown_kb);

    vce_client_free(other);
    close(connection);
    for (unsigned long i = 0; i < threads; i++)
        free(producers[i].took_ns);
    free(producers);
    free(samples);
    free(ids);
    close(server.listener);
    return EXIT_SUCCESS;
}
