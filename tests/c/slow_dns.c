/*
 * A name lookup that hangs delays neither a call beyond its time limit nor closing.
 *
 * The library calls this program's getaddrinfo, which hangs as with a DNS server that does not answer.
 */
#define _DEFAULT_SOURCE
#include "check.h"
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

static atomic_int lookups;

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    (void)node, (void)service, (void)hints, (void)result;
    atomic_fetch_add(&lookups, 1);
    sleep(3600);
    return EAI_AGAIN;
}

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static vce_client *client_of(const char *base_url, const char *timeout)
{
    vce_error *error = NULL;
    vce_config *config = vce_config_new();
    vce_client *client = NULL;
    CHECK_OK(vce_config_set(config, "token", "a.b.c", &error));
    CHECK_OK(vce_config_set(config, "proxy", "none", &error));
    CHECK_OK(vce_config_set(config, "base_url", base_url, &error));
    CHECK_OK(vce_config_set(config, "timeout", timeout, &error));
    CHECK_OK(vce_config_set(config, "connect_timeout", timeout, &error));
    CHECK_OK(vce_client_new(config, &client, &error));
    vce_config_free(config);
    return client;
}

static vce_client *new_client(const char *timeout)
{
    return client_of("https://api.example", timeout);
}

static void *create(void *client)
{
    vce_error *error = NULL;
    CHECK(vce_create_event(client, "C", "custom:a", NULL, "{}", NULL, &error) == VCE_ERR_CLOSED);
    CHECK(vce_error_outcome(error) == VCE_OUTCOME_NOT_CREATED);
    vce_error_free(error);
    return NULL;
}

int main(void)
{
    vce_error *error = NULL;
    vce_client *client = new_client("500ms");
    for (int i = 0; i < 3; i++) {
        long long start = now_ms();
        CHECK(vce_create_event(client, "C", "custom:a", NULL, "{}", NULL, &error) == VCE_ERR_TIMEOUT);
        long long took = now_ms() - start;
        CHECK(took >= 490 && took <= 750);
        CHECK(vce_error_outcome(error) == VCE_OUTCOME_NOT_CREATED && vce_error_is_retryable(error));
        vce_error_free(error);
    }
    /* One thread waits for the system's answer, however many calls need it. */
    CHECK(atomic_load(&lookups) == 1);
    vce_client_free(client);

    /* Clients that come and go in the meantime do not add threads. */
    for (int i = 0; i < 50; i++) {
        client = new_client("1ms");
        CHECK(vce_create_event(client, "C", "custom:a", NULL, "{}", NULL, NULL) == VCE_ERR_TIMEOUT);
        vce_client_free(client);
    }
    CHECK(atomic_load(&lookups) == 1);

    pthread_t thread;
    client = client_of("https://api.example:1", "60s");
    CHECK(pthread_create(&thread, NULL, create, client) == 0);
    while (atomic_load(&lookups) < 2)
        usleep(10000);
    usleep(50000);
    long long start = now_ms();
    CHECK(vce_client_close(client, 0, NULL) == VCE_ERR_TIMEOUT);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(now_ms() - start <= 250);
    vce_client_free(client);
    return EXIT_SUCCESS;
}
