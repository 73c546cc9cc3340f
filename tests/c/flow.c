/* Every kind of call with the sandbox: create, fail, get, list, delete, from many threads. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <pthread.h>

enum { THREADS = 8, EVENTS = 10 };

struct work {
    const vce_client *client;
    const char *conversation_id;
};

static vce_client *new_client(void)
{
    vce_error *error = NULL;
    vce_config *config = vce_config_new();
    vce_client *client = NULL;
    CHECK_OK(vce_config_load_env(config, &error));
    CHECK_OK(vce_client_new(config, &client, &error));
    vce_config_free(config);
    return client;
}

static void *create_many(void *argument)
{
    const struct work *work = argument;
    for (int i = 0; i < EVENTS; i++) {
        vce_error *error = NULL;
        CHECK_OK(vce_create_event(work->client, work->conversation_id, "custom:thread", NULL, "{}", NULL, &error));
    }
    return NULL;
}

static void threads(const struct work *work)
{
    pthread_t ids[THREADS];
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&ids[i], NULL, create_many, (void *)work) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(ids[i], NULL) == 0);
}

static int count(const struct work *work, const char *type)
{
    vce_error *error = NULL;
    vce_event_list *list = NULL;
    vce_event *event = NULL;
    vce_status status;
    int events = 0;
    CHECK_OK(vce_list_events(work->client, work->conversation_id, &list, &error));
    CHECK_OK(vce_event_list_set(list, "type", type, &error));
    CHECK_OK(vce_event_list_set(list, "page_size", "7", &error));
    while ((status = vce_event_list_next(list, &event, &error)) == VCE_OK) {
        CHECK(strcmp(vce_event_type(event), type) == 0);
        vce_event_free(event);
        events++;
    }
    CHECK(status == VCE_END);
    CHECK(vce_event_list_next(list, &event, &error) == VCE_END);
    vce_event_list_free(list);
    return events;
}

static void one_event(const struct work *work)
{
    static const char BODY[] = " { \"Key\" : 1.0, \"n\":123456789012345678901234567890 } ";
    static const char SENT[] = "{\"Key\":1.0,\"n\":123456789012345678901234567890}";
    vce_error *error = NULL;
    vce_event *event = NULL;
    vce_event *again = NULL;
    const char *member_id = getenv("MEMBER_ID");

    CHECK_OK(vce_create_event(work->client, work->conversation_id, "custom:one", member_id, BODY, &event, &error));
    CHECK(strcmp(vce_event_body(event), SENT) == 0);
    CHECK(strcmp(vce_event_from(event), member_id) == 0);
    CHECK(vce_event_timestamp(event) != NULL);
    CHECK(vce_event_json(event)[0] == '{');
    CHECK_OK(vce_get_event(work->client, work->conversation_id, vce_event_id(event), &again, &error));
    CHECK(strcmp(vce_event_id(event), vce_event_id(again)) == 0);
    CHECK(strcmp(vce_event_body(again), SENT) == 0);
    CHECK_OK(vce_delete_event(work->client, work->conversation_id, vce_event_id(event), &error));
    vce_event_free(again);
    vce_event_free(event);
}

static void refusal(const struct work *work)
{
    vce_error *error = NULL;
    CHECK(vce_create_event(work->client, "CON-unknown", "custom:a", NULL, "{}", NULL, &error) == VCE_ERR_NOT_FOUND);
    CHECK(vce_error_http_status(error) == 404);
    CHECK(vce_error_outcome(error) == VCE_OUTCOME_NOT_CREATED);
    CHECK(!vce_error_is_retryable(error));
    CHECK(strcmp(vce_error_code(error), "conversation:error:not-found") == 0);
    CHECK(vce_error_title(error) != NULL && vce_error_detail(error) != NULL);
    CHECK(vce_error_trace_id(error) != NULL && vce_error_response(error)[0] == '{');
    CHECK(vce_error_offset(error) == -1 && vce_error_retry_after_ms(error) == -1);
    vce_error_free(error);
}

int main(void)
{
    struct work work = {new_client(), getenv("CONVERSATION_ID")};
    int before = count(&work, "custom:thread");
    one_event(&work);
    refusal(&work);
    threads(&work);
    CHECK(count(&work, "custom:thread") - before == THREADS * EVENTS);
    vce_client_free((vce_client *)work.client);
    return EXIT_SUCCESS;
}
