/*
 * Children inherit a client with a queue, with its own engine or a shared one, idle or busy. Each child
 * sends in the background with its own workers, and the parent is not affected.
 */
#define _GNU_SOURCE
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"
#include <poll.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 150, AT_ONCE = 5, EACH = 2, CONVERSATIONS = 4, MOST_EVENTS = 200000, BACKLOG = 500 };

/* The client of the current test, and the conversations of the parent's and the children's events. */
static vce_client *client;
static struct conversation parents[CONVERSATIONS];
static struct conversation childrens;

static atomic_bool stop;
static uint64_t enqueued;
static unsigned char reports[MOST_EVENTS];

static void take_reports(uint64_t timeout_ms)
{
    for (vce_report *report; (report = vce_poll(client, timeout_ms)) != NULL; timeout_ms = 0) {
        CHECK(vce_report_outcome(report) == VCE_OUTCOME_CREATED);
        CHECK(vce_report_tag(report) < MOST_EVENTS);
        reports[vce_report_tag(report)]++;
        vce_report_free(report);
    }
}

static void enqueue_one(void)
{
    CHECK(enqueued < MOST_EVENTS);
    enqueue(client, parents[enqueued % CONVERSATIONS].id, enqueued);
    enqueued++;
}

/* Keeps the queue filled, but not so full that it outlasts the test. */
static void *keep_busy(void *unused)
{
    while (!atomic_load(&stop)) {
        if (figure(client, "events") < BACKLOG)
            enqueue_one();
        else
            take_reports(100);
    }
    return unused;
}

/* The child has nothing of the parent's queue, and gets its own reports through its own descriptor. */
static void use_in_child(uint64_t first)
{
    struct pollfd polled = {.fd = vce_report_fd(client), .events = POLLIN};
    uint64_t remaining = 9;
    CHECK(polled.fd >= 0 && poll(&polled, 1, 0) == 0);
    CHECK(vce_poll(client, 0) == NULL);
    CHECK(vce_flush(client, 0, &remaining, NULL) == VCE_OK && remaining == 0);
    CHECK(figure(client, "accepted") == 0 && figure(client, "events") == 0);
    for (uint64_t i = 0; i < EACH; i++)
        enqueue(client, childrens.id, first + i);
    CHECK(poll(&polled, 1, 60000) == 1);
    for (uint64_t i = 0; i < EACH; i++)
        CHECK(take_created(client) == first + i);
    CHECK(poll(&polled, 1, 0) == 0);
    CHECK(figure(client, "accepted") == EACH && figure(client, "created") == EACH);
    CHECK(figure(client, "retries") == 0 && figure(client, "connections_opened") == 1);
}

static bool uses(int number)
{
    return number % 4 < 3;
}

/* In turn: use or not, and then free, exit, or exit at once. */
static void child(int number)
{
    alarm(120);
    if (uses(number))
        use_in_child((uint64_t)number * EACH);
    if (number % 3 == 0)
        vce_client_free(client);
    if (number % 3 == 1)
        _exit(EXIT_SUCCESS);
    exit(EXIT_SUCCESS);
}

static void end(pid_t pid)
{
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
}

static int fork_children(bool busy)
{
    int users = 0;
    for (int number = 0; number < CHILDREN;) {
        pid_t pids[AT_ONCE];
        if (!busy)
            enqueue_one();
        for (int i = 0; i < AT_ONCE; i++, number++) {
            users += uses(number);
            pids[i] = fork();
            CHECK(pids[i] >= 0);
            if (pids[i] == 0)
                child(number);
        }
        for (int i = 0; i < AT_ONCE; i++)
            end(pids[i]);
    }
    return users;
}

/* Every event exists once, and each of the parent's had one report. */
static void check_events(int users)
{
    static long numbers[MOST_EVENTS];
    static unsigned char created[MOST_EVENTS];
    memset(created, 0, sizeof created);
    size_t total = 0;
    for (int i = 0; i < CONVERSATIONS; i++) {
        size_t count = sandbox_events(parents[i].id, numbers, MOST_EVENTS);
        for (size_t n = 0; n < count; n++) {
            created[numbers[n]]++;
            CHECK(n == 0 || numbers[n - 1] < numbers[n]);
        }
        total += count;
    }
    CHECK(total == enqueued);
    for (uint64_t i = 0; i < enqueued; i++)
        CHECK(created[i] == 1 && reports[i] == 1);

    size_t count = sandbox_events(childrens.id, numbers, MOST_EVENTS);
    CHECK(count == (size_t)users * EACH);
    memset(created, 0, sizeof created);
    for (size_t n = 0; n < count; n++)
        CHECK(created[numbers[n]]++ == 0);
}

static void scene(const char *engine, bool busy)
{
    pthread_t thread = 0;
    for (int i = 0; i < CONVERSATIONS; i++)
        parents[i] = sandbox_conversation();
    childrens = sandbox_conversation();
    client = client_with("engine", engine, "app_name", busy ? "busy/1" : "idle/1", "connections", "4", "timeout", "120s", NULL);
    enqueued = 0;
    memset(reports, 0, sizeof reports);
    long before = sandbox_connections("accepted");

    atomic_store(&stop, false);
    if (busy)
        thread = run_thread(keep_busy, NULL);
    CHECK(vce_report_fd(client) >= 0);
    int users = fork_children(busy);
    atomic_store(&stop, true);
    if (busy)
        join_thread(thread);
    CHECK(vce_flush(client, UINT64_MAX, NULL, NULL) == VCE_OK);
    take_reports(0);

    check_events(users);
    /* The parent's connections still work, and each child that sent had one: none was replaced. */
    CHECK(figure(client, "retries") == 0 && figure(client, "tokens_signed") == 1);
    CHECK(figure(client, "connections_opened") <= CONVERSATIONS);
    CHECK(sandbox_connections("accepted") - before == figure(client, "connections_opened") + users);
    CHECK(figure(client, "created") == (long long)enqueued && figure(client, "events") == 0);
    vce_client_free(client);
}

/* A process ends at once, even with events in the queue and under way. */
static void work_left_behind(const char *engine)
{
    childrens = sandbox_conversation();
    client = client_with("engine", engine, "timeout", "300s", NULL);
    sandbox_fault("\"kind\":\"hang\",\"conversation_id\":\"%s\"", childrens.id);
    enqueue(client, childrens.id, 0);
    AWAIT(sandbox_requests(childrens.id) == 1);
    for (size_t number = 0; number < 3; number++) {
        struct conversation silent = sandbox_conversation();
        sandbox_fault("\"kind\":\"hang\",\"conversation_id\":\"%s\"", silent.id);
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            alarm(120);
            for (uint64_t i = 0; i < 20; i++)
                enqueue(client, silent.id, i);
            AWAIT(sandbox_requests(silent.id) == 1);
            if (number == 0)
                vce_client_free(client);
            if (number == 1)
                _exit(EXIT_SUCCESS);
            exit(EXIT_SUCCESS);
        }
        end(pid);
        CHECK(sandbox_events(silent.id, NULL, 0) == 0 && sandbox_requests(silent.id) == 1);
        CHECK(figure(client, "in_flight") == 1 && figure(client, "reports") == 0);
    }
    vce_client_free(client);
}

/*
 * The workers have ended, so only the child's copy of the client holds the connection in the child.
 * The child frees it, and the parent's connection still works.
 */
static void at_rest(void)
{
    struct conversation conversation = sandbox_conversation();
    client = new_client();
    enqueue(client, conversation.id, 1);
    CHECK(take_created(client) == 1);
    long long used = now_ms();
    AWAIT(count_sending_threads() == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        alarm(120);
        vce_client_free(client);
        exit(EXIT_SUCCESS);
    }
    end(pid);
    enqueue(client, conversation.id, 2);
    CHECK(take_created(client) == 2);
    /* On a very busy machine the connection may have been idle for too long. */
    CHECK(figure(client, "connections_opened") == 1 || now_ms() - used > 14000);
    vce_client_free(client);
}

/* A client that was closed stays closed in a child, and has no reports there. */
static void closed(void)
{
    uint64_t remaining = 9;
    struct conversation conversation = sandbox_conversation();
    client = new_client();
    enqueue(client, conversation.id, 1);
    CHECK(vce_client_close(client, UINT64_MAX, NULL) == VCE_OK);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        alarm(120);
        CHECK(vce_enqueue_event(client, conversation.id, "custom:test", NULL, "{}", 2, NULL) == VCE_ERR_CLOSED);
        CHECK(vce_poll(client, UINT64_MAX) == NULL);
        CHECK(vce_flush(client, UINT64_MAX, &remaining, NULL) == VCE_OK && remaining == 0);
        CHECK(vce_client_close(client, UINT64_MAX, NULL) == VCE_OK);
        CHECK(count_threads() == 1);
        vce_client_free(client);
        exit(EXIT_SUCCESS);
    }
    end(pid);
    CHECK(take_created(client) == 1);
    vce_client_free(client);
}

int main(void)
{
    sandbox_start();
    at_rest();
    scene("own", false);
    scene("own", true);
    scene("shared", false);
    scene("shared", true);
    work_left_behind("own");
    work_left_behind("shared");
    closed();
    return EXIT_SUCCESS;
}
