/* vce_report_fd: readable exactly while reports wait. */
#define _GNU_SOURCE
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { AT_LAST_MS = 120000 };

static bool is_readable(int descriptor, int timeout_ms)
{
    struct pollfd polled = {.fd = descriptor, .events = POLLIN};
    int ready = poll(&polled, 1, timeout_ms);
    CHECK(ready >= 0);
    CHECK(ready == 0 || polled.revents == POLLIN);
    return ready == 1;
}

static void readable_while_reports_wait(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    int descriptor = vce_report_fd(client);
    CHECK(descriptor >= 0 && vce_report_fd(client) == descriptor);
    CHECK(fcntl(descriptor, F_GETFD) & FD_CLOEXEC);
    for (int round = 0; round < 3; round++) {
        CHECK(!is_readable(descriptor, 0));
        enqueue(client, conversation.id, 1);
        enqueue(client, conversation.id, 2);
        CHECK(is_readable(descriptor, AT_LAST_MS));
        CHECK(vce_flush(client, UINT64_MAX, NULL, NULL) == VCE_OK);
        CHECK(take_created(client) == 1);
        CHECK(is_readable(descriptor, 0) && is_readable(descriptor, 0));
        CHECK(take_created(client) == 2);
        CHECK(!is_readable(descriptor, 0));
        CHECK(vce_poll(client, 0) == NULL);
        CHECK(!is_readable(descriptor, 0));
    }
    vce_client_free(client);
    CHECK(fcntl(descriptor, F_GETFD) == -1);
}

/* The descriptor is made by the first call, when reports may be there already. */
static void made_late(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    enqueue(client, conversation.id, 1);
    CHECK(vce_flush(client, UINT64_MAX, NULL, NULL) == VCE_OK);
    int before = count_descriptors();
    int descriptor = vce_report_fd(client);
    CHECK(count_descriptors() > before);
    CHECK(is_readable(descriptor, 0));
    CHECK(take_created(client) == 1);
    CHECK(!is_readable(descriptor, 0));
    vce_client_free(client);
}

/* After closing, it is readable until the last report was taken. */
static void after_closing(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    int descriptor = vce_report_fd(client);
    enqueue(client, conversation.id, 1);
    CHECK(vce_client_close(client, UINT64_MAX, NULL) == VCE_OK);
    CHECK(is_readable(descriptor, 0));
    CHECK(take_created(client) == 1);
    CHECK(!is_readable(descriptor, 0));
    vce_client_free(client);

    client = new_client();
    CHECK(vce_client_close(client, 0, NULL) == VCE_OK);
    CHECK(!is_readable(vce_report_fd(client), 0));
    vce_client_free(client);
}

static void without_reports(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_client *client = client_with("reports", "none", NULL);
    int descriptor = vce_report_fd(client);
    enqueue(client, conversation.id, 1);
    CHECK(vce_flush(client, UINT64_MAX, NULL, NULL) == VCE_OK);
    CHECK(!is_readable(descriptor, 0));
    vce_client_free(client);
}

static int all_reports(const vce_client *client)
{
    int count = 0;
    for (vce_report *report; (report = vce_poll(client, 0)) != NULL; count++)
        vce_report_free(report);
    return count;
}

/* Edge-triggered: a thread that calls vce_poll until NULL after each edge misses no report. */
static void edge_triggered(void)
{
    enum { EVENTS = 200 };
    struct conversation conversations[4];
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    vce_client *client = new_client();
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, vce_report_fd(client), &event) == 0);
    for (int i = 0; i < 4; i++)
        conversations[i] = sandbox_conversation();
    for (uint64_t i = 0; i < EVENTS; i++)
        enqueue(client, conversations[i % 4].id, i);
    for (int reports = 0; reports < EVENTS; reports += all_reports(client))
        CHECK(epoll_wait(epoll, &event, 1, AT_LAST_MS) == 1);
    CHECK(!is_readable(vce_report_fd(client), 0));
    /* One edge at a time, with no reports in between. */
    for (uint64_t i = 0; i < 20; i++) {
        while (epoll_wait(epoll, &event, 1, 0) == 1)
            CHECK(all_reports(client) == 0);
        enqueue(client, conversations[0].id, i);
        CHECK(epoll_wait(epoll, &event, 1, AT_LAST_MS) == 1);
        CHECK(all_reports(client) == 1);
    }
    close(epoll);
    vce_client_free(client);
}

struct pollers {
    const vce_client *client;
    int taken[2]; /* a pipe: a byte for each report that was taken */
};

/* Level-triggered, several threads on one descriptor: one of them gets a report, others NULL. */
static void *poll_when_readable(void *argument)
{
    const struct pollers *pollers = argument;
    struct pollfd polled = {.fd = vce_report_fd(pollers->client), .events = POLLIN};
    for (;;) {
        CHECK(poll(&polled, 1, 200) >= 0);
        vce_report *report = vce_poll(pollers->client, 0);
        if (report == NULL && figure(pollers->client, "events") == 0)
            return NULL;
        if (report != NULL)
            CHECK(write(pollers->taken[1], "x", 1) == 1);
        vce_report_free(report);
    }
}

static void several_pollers(void)
{
    enum { THREADS = 4, EVENTS = 200 };
    char bytes[EVENTS + 1];
    pthread_t threads[THREADS];
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    struct pollers pollers = {.client = client};
    CHECK(pipe2(pollers.taken, O_CLOEXEC) == 0);
    for (uint64_t i = 0; i < EVENTS; i++)
        enqueue(client, conversation.id, i);
    for (int i = 0; i < THREADS; i++)
        threads[i] = run_thread(poll_when_readable, &pollers);
    for (int i = 0; i < THREADS; i++)
        join_thread(threads[i]);
    CHECK(read(pollers.taken[0], bytes, sizeof bytes) == EVENTS);
    CHECK(!is_readable(vce_report_fd(client), 0));
    close(pollers.taken[0]);
    close(pollers.taken[1]);
    vce_client_free(client);
}

int main(void)
{
    CHECK(vce_report_fd(NULL) == -1);
    sandbox_start();
    readable_while_reports_wait();
    made_late();
    after_closing();
    without_reports();
    edge_triggered();
    several_pollers();
    return EXIT_SUCCESS;
}
