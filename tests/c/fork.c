/*
 * Children use a client that they inherit, and the parent is not affected: idle and busy clients,
 * own and shared engines.
 */
#define _DEFAULT_SOURCE
#include "check.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 100, THREADS = 4 };

static const char *conversation_id;
static atomic_bool stop;

static vce_client *new_client(const char *engine)
{
    vce_error *error = NULL;
    vce_config *config = vce_config_new();
    vce_client *client = NULL;
    CHECK_OK(vce_config_load_env(config, &error));
    CHECK_OK(vce_config_set(config, "engine", engine, &error));
    CHECK_OK(vce_client_new(config, &client, &error));
    vce_config_free(config);
    return client;
}

static void create(const vce_client *client, const char *type)
{
    vce_error *error = NULL;
    CHECK_OK(vce_create_event(client, conversation_id, type, NULL, "{}", NULL, &error));
}

/* The children do in turn: use and free, use and exit, free unused, exit at once. */
static void child(vce_client *client, int number)
{
    alarm(30);
    if (number % 4 < 2) {
        create(client, "custom:child");
        create(client, "custom:child");
    }
    if (number % 2 == 0)
        vce_client_free(client);
    if (number % 8 == 7)
        _exit(EXIT_SUCCESS);
    exit(EXIT_SUCCESS);
}

static pid_t begin(vce_client *client, int number)
{
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0)
        child(client, number);
    return pid;
}

static void end(pid_t pid)
{
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
}

static void idle(const char *engine)
{
    vce_client *client = new_client(engine);
    end(begin(client, 0));
    for (int i = 0; i < CHILDREN; i++) {
        create(client, "custom:parent");
        pid_t pid = begin(client, i);
        create(client, "custom:parent");
        end(pid);
        create(client, "custom:parent");
    }
    vce_client_free(client);
}

static void *keep_busy(void *client)
{
    while (!atomic_load(&stop))
        create(client, "custom:busy");
    return NULL;
}

static void busy(const char *engine)
{
    pthread_t threads[THREADS];
    vce_client *client = new_client(engine);
    atomic_store(&stop, false);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, keep_busy, client) == 0);
    for (int i = 0; i < CHILDREN; i++)
        end(begin(client, i));
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    vce_client_free(client);
}

/* A client that was closed stays closed in a child, and in the child's child. */
static void closed(void)
{
    vce_client *client = new_client("own");
    CHECK(vce_client_close(client, 0, NULL) == VCE_OK);
    pid_t pid = fork();
    if (pid == 0) {
        CHECK(vce_create_event(client, conversation_id, "custom:a", NULL, "{}", NULL, NULL) == VCE_ERR_CLOSED);
        vce_client_free(client);
        exit(EXIT_SUCCESS);
    }
    end(pid);
    vce_client_free(client);
}

static void grandchildren(void)
{
    vce_client *client = new_client("shared");
    create(client, "custom:parent");
    pid_t pid = fork();
    if (pid == 0) {
        create(client, "custom:child");
        end(begin(client, 0));
        create(client, "custom:child");
        exit(EXIT_SUCCESS);
    }
    end(pid);
    create(client, "custom:parent");
    vce_client_free(client);
}

int main(void)
{
    conversation_id = getenv("CONVERSATION_ID");
    idle("own");
    idle("shared");
    busy("own");
    busy("shared");
    closed();
    grandchildren();
    return EXIT_SUCCESS;
}
