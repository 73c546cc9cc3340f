/*
 * Calls work in exit handlers, in destructors of a C++ program's globals and thread_local objects,
 * and in those of thread-specific data.
 */
#define _GNU_SOURCE
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"
#include <sys/wait.h>
#include <unistd.h>

/* C++ registers destructors with these functions. */
extern int __cxa_atexit(void (*destructor)(void *), void *object, void *library);
extern int __cxa_thread_atexit_impl(void (*destructor)(void *), void *object, void *library);
extern void *__dso_handle;

static struct conversation conversation;
static vce_client *client;

/* Every kind of call: one that waits, one in the background, and those that read. */
static void make_last_calls(void)
{
    vce_error *error = NULL;
    vce_event *event = NULL, *same = NULL;
    vce_event_list *list = NULL;
    CHECK_OK(vce_create_event(client, conversation.id, "custom:last", NULL, "{\"n\":1}", &event, &error));
    enqueue(client, conversation.id, 7);
    CHECK_OK(vce_flush(client, UINT64_MAX, NULL, &error));
    CHECK(take_created(client) == 7);
    CHECK_OK(vce_get_event(client, conversation.id, vce_event_id(event), &same, &error));
    CHECK_OK(vce_list_events(client, conversation.id, &list, &error));
    vce_event_free(event);
    vce_event_free(same);
    CHECK_OK(vce_event_list_next(list, &event, &error));
    vce_event_free(event);
    vce_event_list_free(list);
    CHECK_FAILS(VCE_ERR_TYPE_PREFIX, vce_validate_type("last", &error));
}

static void make_last_calls_as_destructor(void *unused)
{
    (void)unused;
    make_last_calls();
}

static void make_last_calls_and_free(void)
{
    make_last_calls();
    vce_client_free(client);
    _exit(EXIT_SUCCESS);
}

static void use(void)
{
    vce_error *error = NULL;
    CHECK_OK(vce_create_event(client, conversation.id, "custom:test", NULL, "{\"n\":1}", NULL, &error));
}

static void *use_in_thread(void *key)
{
    CHECK(__cxa_thread_atexit_impl(make_last_calls_as_destructor, NULL, &__dso_handle) == 0);
    CHECK(pthread_setspecific(*(pthread_key_t *)key, key) == 0);
    use();
    return NULL;
}

/* Makes its last calls when the thread ends, or when the process ends. */
static size_t in_a_thread(void)
{
    pthread_key_t key;
    CHECK(pthread_key_create(&key, make_last_calls_as_destructor) == 0);
    join_thread(run_thread(use_in_thread, &key));
    return 5;
}

static size_t in_an_exit_handler(void)
{
    CHECK(atexit(make_last_calls_and_free) == 0);
    use();
    return 3;
}

static size_t in_an_exit_handler_alone(void)
{
    CHECK(atexit(make_last_calls_and_free) == 0);
    return 2;
}

static size_t in_a_globals_destructor(void)
{
    CHECK(__cxa_atexit(make_last_calls_as_destructor, NULL, &__dso_handle) == 0);
    use();
    return 3;
}

static size_t in_the_main_threads_destructor(void)
{
    CHECK(__cxa_thread_atexit_impl(make_last_calls_as_destructor, NULL, &__dso_handle) == 0);
    use();
    return 3;
}

int main(void)
{
    static size_t (*const WAYS[])(void) = {in_a_thread, in_an_exit_handler, in_an_exit_handler_alone,
                                           in_a_globals_destructor, in_the_main_threads_destructor};
    sandbox_start();
    sandbox_use_name();
    for (size_t way = 0; way < sizeof WAYS / sizeof *WAYS; way++) {
        int status, events[2];
        size_t expected = 0;
        conversation = sandbox_conversation();
        CHECK(pipe(events) == 0);
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            alarm(120);
            client = new_client();
            expected = WAYS[way]();
            CHECK(write(events[1], &expected, sizeof expected) == sizeof expected);
            exit(EXIT_SUCCESS);
        }
        close(events[1]);
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
        CHECK(read(events[0], &expected, sizeof expected) == sizeof expected);
        close(events[0]);
        CHECK(sandbox_events(conversation.id, NULL, 0) == expected);
    }
    return EXIT_SUCCESS;
}
