/*
 * An event loop that waits for delivery reports and for a timer. It enqueues an event at each tick
 * of the timer. For Linux. Reads the same variables as create_event.c.
 *
 *     cc epoll.c -I../../../include -L../../../target/release -lvce -o epoll
 *     ./epoll [COUNT]
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <vce.h>

static const long TICK_NS = 20000000;

struct loop {
    const vce_client *client;
    const char *conversation_id;
    unsigned long events;
    unsigned long enqueued;
    unsigned long reported;
    unsigned long created;
    int epoll;
    int timer;
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

static int complain(vce_error *error)
{
    fprintf(stderr, "%s: %s\n", vce_status_name(vce_error_status(error)), vce_error_message(error));
    vce_error_free(error);
    return -1;
}

static int failed(const char *what)
{
    perror(what);
    return -1;
}

static int add(const struct loop *loop, int descriptor)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, descriptor, &event);
}

/* This and the steps below return 0, or print what failed and return -1. */
static int start(struct loop *loop)
{
    struct itimerspec every_tick = {{0, TICK_NS}, {0, TICK_NS}};
    int reports = vce_report_fd(loop->client);
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (reports < 0 || loop->epoll < 0 || loop->timer < 0 || add(loop, loop->timer) < 0 || add(loop, reports) < 0
        || timerfd_settime(loop->timer, 0, &every_tick, NULL) < 0)
        return failed("start");
    return 0;
}

/* The timer has ticked. */
static int tick(struct loop *loop)
{
    uint64_t ticks;
    char body[48];
    vce_error *error = NULL;
    if (read(loop->timer, &ticks, sizeof ticks) < 0)
        return errno == EAGAIN ? 0 : failed("timer");
    if (loop->enqueued == loop->events)
        return epoll_ctl(loop->epoll, EPOLL_CTL_DEL, loop->timer, NULL) < 0 ? failed("epoll_ctl") : 0;
    snprintf(body, sizeof body, "{\"tick\":%lu}", loop->enqueued);
    if (vce_enqueue_event(loop->client, loop->conversation_id, "custom:tick", getenv("MEMBER_ID"), body,
                          loop->enqueued, &error) != VCE_OK)
        return complain(error);
    loop->enqueued++;
    return 0;
}

/* Takes all reports that are there, so that this works with edge-triggered epoll as well. */
static void take_reports(struct loop *loop)
{
    vce_report *report;
    while ((report = vce_poll(loop->client, 0)) != NULL) {
        loop->reported++;
        if (vce_report_outcome(report) == VCE_OUTCOME_CREATED)
            loop->created++;
        else
            fprintf(stderr, "tick %" PRIu64 ": %s\n", vce_report_tag(report),
                    vce_error_message(vce_report_error(report)));
        vce_report_free(report);
    }
}

static int run(struct loop *loop)
{
    while (loop->reported < loop->events) {
        struct epoll_event ready[2];
        int count = epoll_wait(loop->epoll, ready, 2, -1);
        if (count < 0 && errno != EINTR)
            return failed("epoll_wait");
        for (int i = 0; i < count; i++) {
            if (ready[i].data.fd != loop->timer)
                take_reports(loop);
            else if (tick(loop) < 0)
                return -1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    vce_client *client = NULL;
    vce_error *error = NULL;
    struct loop loop = {.conversation_id = getenv("CONVERSATION_ID"), .epoll = -1, .timer = -1};
    loop.events = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;

    if (loop.conversation_id == NULL) {
        fputs("Set CONVERSATION_ID to the conversation that the events go to.\n", stderr);
        return EXIT_FAILURE;
    }
    if (new_client(&client, &error) != VCE_OK) {
        complain(error);
        return EXIT_FAILURE;
    }
    loop.client = client;
    int status = start(&loop);
    if (status == 0)
        status = run(&loop);
    if (loop.timer >= 0)
        close(loop.timer);
    if (loop.epoll >= 0)
        close(loop.epoll);
    vce_client_free(client);
    printf("C created %lu events in a loop\n", loop.created);
    return status == 0 && loop.created == loop.events ? EXIT_SUCCESS : EXIT_FAILURE;
}
