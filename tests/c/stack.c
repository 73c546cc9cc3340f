/*
 * Makes every call on a thread whose stack has as many bytes as the argument says. This includes the
 * first calls of the process, in which libraries initialise themselves.
 */
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"

enum { DEPTH = 128 };

static size_t stack_bytes;
static struct conversation conversation;
static char *private_key;

/* Runs something on such a stack. */
static void on_small_stack(void *(*body)(void *))
{
    pthread_attr_t attributes;
    pthread_t thread;
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstacksize(&attributes, stack_bytes) == 0);
    CHECK(pthread_create(&thread, &attributes, body, NULL) == 0);
    pthread_attr_destroy(&attributes);
    join_thread(thread);
}

/* JSON of the greatest depth that is allowed. */
static const char *deep(void)
{
    static char json[2 * 6 * DEPTH];
    char *at = json;
    for (int i = 0; i < DEPTH - 1; i++)
        at += sprintf(at, "{\"a\":");
    at += sprintf(at, "[]");
    memset(at, '}', DEPTH - 1);
    at[DEPTH - 1] = '\0';
    return json;
}

static void *check_rules(void *unused)
{
    vce_error *error = NULL;
    CHECK_OK(vce_validate_type("custom:a", &error));
    CHECK_OK(vce_validate_body(deep(), &error));
    CHECK_FAILS(VCE_ERR_TYPE_CHARACTER, vce_validate_type("custom:\xc3\xa4", &error));
    CHECK_FAILS(VCE_ERR_BODY_JSON, vce_validate_body("{\"a\":\"\\ud800\"}", &error));
    CHECK(vce_version() != NULL && vce_status_name(VCE_OK) != NULL);
    return unused;
}

/* The key as text, an acl of the greatest depth, and invalid options. */
static void *configure(void *unused)
{
    vce_error *error = NULL;
    vce_client *client = NULL;
    vce_config *config = vce_config_new();
    CHECK_OK(vce_config_load_env(config, &error));
    CHECK_OK(vce_config_set(config, "acl", deep(), &error));
    CHECK_OK(vce_config_set(config, "private_key", private_key, &error));
    CHECK_FAILS(VCE_ERR_CONFIG, vce_config_set(config, "time_out", "5s", &error));
    CHECK_FAILS(VCE_ERR_CONFIG, vce_config_set(config, "acl", "{", &error));
    CHECK_OK(vce_client_new(config, &client, &error));
    vce_client_free(client);
    CHECK_OK(vce_config_set(config, "private_key", "no key", &error));
    CHECK_FAILS(VCE_ERR_CREDENTIALS, vce_client_new(config, &client, &error));
    vce_config_free(config);
    return unused;
}

static void *create_and_look(void *unused)
{
    char id[32];
    vce_error *error = NULL;
    vce_event *event = NULL;
    vce_event_list *list = NULL;
    vce_client *client = client_with("timeout", "60s", NULL);
    CHECK_OK(vce_create_event(client, conversation.id, "custom:test", NULL, deep(), &event, &error));
    snprintf(id, sizeof id, "%s", vce_event_id(event));
    vce_event_free(event);
    CHECK_OK(vce_get_event(client, conversation.id, id, &event, &error));
    vce_event_free(event);
    CHECK_OK(vce_list_events(client, conversation.id, &list, &error));
    CHECK_OK(vce_event_list_set(list, "type", "custom:test", &error));
    CHECK_OK(vce_event_list_set(list, "page_size", "1", &error));
    CHECK_OK(vce_event_list_next(list, &event, &error));
    vce_event_free(event);
    vce_event_list_free(list);
    CHECK_OK(vce_delete_event(client, conversation.id, id, &error));
    CHECK_OK(vce_client_close(client, 0, &error));
    vce_client_free(client);
    return unused;
}

/* The server's answer may be of any depth. */
static void *fail(void *unused)
{
    char brackets[2 * DEPTH] = "";
    vce_error *error = NULL;
    vce_client *client = client_with("max_retries", "0", NULL);
    memset(brackets, '[', DEPTH - 1);
    memset(brackets + DEPTH - 1, ']', DEPTH - 1);
    sandbox_fault("\"kind\":\"status\",\"status\":400,\"body\":\"{\\\"detail\\\":%s}\"", brackets);
    CHECK_FAILS(VCE_ERR_BAD_REQUEST,
                vce_create_event(client, conversation.id, "custom:test", NULL, "{}", NULL, &error));
    sandbox_fault("\"kind\":\"drop\"");
    CHECK_FAILS(VCE_ERR_NETWORK,
                vce_create_event(client, conversation.id, "custom:test", NULL, "{}", NULL, &error));
    CHECK_FAILS(VCE_ERR_NOT_FOUND, vce_create_event(client, "CON-none", "custom:test", NULL, "{}", NULL, &error));
    vce_client_free(client);

    client = client_with("max_retries", "0", "ca_file", NULL, NULL);
    CHECK_FAILS(VCE_ERR_TLS, vce_create_event(client, conversation.id, "custom:test", NULL, "{}", NULL, &error));
    vce_client_free(client);
    client = client_with("max_retries", "0", "base_url", "https://localhost:1", NULL);
    CHECK_FAILS(VCE_ERR_CONNECT, vce_create_event(client, conversation.id, "custom:test", NULL, "{}", NULL, &error));
    vce_client_free(client);
    return unused;
}

static void *send_in_background(void *unused)
{
    uint64_t remaining;
    vce_error *error = NULL;
    vce_client *client = client_with("timeout", "60s", NULL);
    CHECK(vce_report_fd(client) >= 0);
    enqueue(client, conversation.id, 1);
    CHECK(take_created(client) == 1);
    enqueue(client, "CON-none", 2);
    CHECK(take_failed(client, VCE_ERR_NOT_FOUND, VCE_OUTCOME_NOT_CREATED) == 2);
    CHECK(figure(client, "created") == 1);
    CHECK_OK(vce_flush(client, UINT64_MAX, &remaining, &error));
    CHECK_OK(vce_client_close(client, UINT64_MAX, &error));
    vce_client_free(client);
    return unused;
}

static char *contents(const char *path)
{
    enum { SIZE = 8192 };
    char *text = calloc(1, SIZE);
    FILE *file = fopen(path, "r");
    CHECK(text != NULL && file != NULL && fread(text, 1, SIZE - 1, file) > 0);
    fclose(file);
    return text;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    stack_bytes = strtoul(argv[1], NULL, 10);
    sandbox_start();
    private_key = contents(getenv("VONAGE_APPLICATION_PRIVATE_KEY_PATH"));
    conversation = sandbox_conversation();
    on_small_stack(create_and_look);
    on_small_stack(check_rules);
    on_small_stack(configure);
    on_small_stack(fail);
    on_small_stack(send_in_background);
    free(private_key);
    return EXIT_SUCCESS;
}
