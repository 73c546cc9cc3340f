/*
 * The library gives back what is idle, even if nobody calls it: idle connections after some time, by
 * a clock that goes on while the machine sleeps, and shared engines that no handle uses.
 */
#define _GNU_SOURCE
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"
#include <dlfcn.h>
#include <stdatomic.h>
#include <time.h>

enum { CALLERS = 16, ENGINES = 100 };

static atomic_long slept_s;

/* The system's clock, set forward as by a sleep of the machine. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    int (*next)(clockid_t, struct timespec *);
    *(void **)&next = dlsym(RTLD_NEXT, "clock_gettime");
    int result = next(clock, now);
    if (clock == CLOCK_BOOTTIME)
        now->tv_sec += atomic_load(&slept_s);
    return result;
}

static struct conversation conversation;

static void *create(void *client)
{
    vce_error *error = NULL;
    CHECK_OK(vce_create_event(client, conversation.id, "custom:test", NULL, "{\"n\":1}", NULL, &error));
    return NULL;
}

static vce_client *client_with_idle_connections(const char *engine)
{
    pthread_t threads[CALLERS];
    vce_client *client = client_with("engine", engine, "timeout", "120s", NULL);
    sandbox_fault("\"kind\":\"delay\",\"delay_ms\":1000,\"conversation_id\":\"%s\"", conversation.id);
    for (int i = 0; i < CALLERS; i++)
        threads[i] = run_thread(create, client);
    for (int i = 0; i < CALLERS; i++)
        join_thread(threads[i]);
    sandbox_forget_faults();
    return client;
}

static vce_client *client_that_sent_in_background(void)
{
    vce_client *client = new_client();
    for (uint64_t i = 0; i < CALLERS; i++)
        enqueue(client, sandbox_conversation().id, i);
    for (int i = 0; i < CALLERS; i++)
        take_created(client);
    return client;
}

/* Each handle has another token, and so its own engine: the token might be of another account. */
static void leave_engines(void)
{
    for (int i = 0; i < ENGINES; i++) {
        char token[32];
        vce_error *error = NULL;
        snprintf(token, sizeof token, "a.b.c%d", i);
        vce_client *client = client_with("engine", "shared", "token", token, NULL);
        CHECK_FAILS(VCE_ERR_UNAUTHORIZED,
                    vce_create_event(client, conversation.id, "custom:test", NULL, "{}", NULL, &error));
        vce_client_free(client);
    }
}

static void nobody_calls(void)
{
    int before = count_descriptors();
    vce_client *waiting = client_with_idle_connections("own");
    vce_client *shared = client_with_idle_connections("shared");
    vce_client *background = client_that_sent_in_background();
    leave_engines();
    CHECK(count_descriptors() > before + 2 * CALLERS + ENGINES);
    AWAIT(count_descriptors() == before);
    AWAIT(count_library_threads() == 0);
    create(waiting);
    create(shared);
    create(background);
    vce_client_free(waiting);
    vce_client_free(background);
    vce_client_free(shared);
    /* The only thread works for the shared engine, and then ends. */
    AWAIT(count_descriptors() == before && count_library_threads() == 0);
}

/* After a sleep the server has closed the connection, or closes it during the next request. */
static void machine_sleeps(void)
{
    vce_client *client = new_client();
    create(client);
    create(client);
    CHECK(figure(client, "connections_opened") == 1);
    atomic_fetch_add(&slept_s, 60);
    create(client);
    CHECK(figure(client, "connections_opened") == 2);
    vce_client_free(client);
}

int main(void)
{
    sandbox_start();
    conversation = sandbox_conversation();
    machine_sleeps();
    CHECK(is_alone());
    nobody_calls();
    return EXIT_SUCCESS;
}
