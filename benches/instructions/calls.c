/* Repeats one call of the library, with a mark after each, so that every call can be counted
 * separately:
 * calls <name of the call> <how often> <event type or body> */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <valgrind/callgrind.h>
#include <vce.h>

/* The event of the API's documentation. */
static const char *const TYPE = "custom:my-event";
static const char *const MEMBER_ID = "MEM-e46d9542-752a-4786-8f12-25a2e623a793";

static vce_client *client;
static vce_error *error;

/* Aligned the same in every run, because the counts of reading it depend on that. */
static char *aligned(const char *text)
{
    char *copy = text == NULL ? NULL : malloc(strlen(text) + 1);
    if (copy == NULL) {
        fprintf(stderr, "an argument or an environment variable is missing\n");
        exit(EXIT_FAILURE);
    }
    return strcpy(copy, text);
}

static void check(vce_status status)
{
    if (status == VCE_OK)
        return;
    fprintf(stderr, "%s: %s\n", vce_status_name(status), vce_error_message(error));
    exit(EXIT_FAILURE);
}

static void connect_with(const char *option, const char *value)
{
    vce_config *config = vce_config_new();
    check(vce_config_load_env(config, &error));
    check(vce_config_set(config, option, value, &error));
    check(vce_client_new(config, &client, &error));
    vce_config_free(config);
}

static void validate_type(const char *type, unsigned long number)
{
    (void)number;
    check(vce_validate_type(type, &error));
}

static void validate_body(const char *body, unsigned long number)
{
    (void)number;
    check(vce_validate_body(body, &error));
}

static void enqueue_event(const char *body, unsigned long number)
{
    /* One for each event: in a queue that keeps up, no other event of the conversation waits. */
    char conversation_id[64];
    /* All events but one wait for minutes, so the sending threads do nothing. */
    if (client == NULL)
        connect_with("rate_limit", "0.01/s");
    snprintf(conversation_id, sizeof conversation_id, "CON-00000000-0000-4000-8000-%012lu", number);
    check(vce_enqueue_event(client, conversation_id, TYPE, MEMBER_ID, body, number, &error));
}

static void create_event(const char *body, unsigned long number)
{
    static char *conversation_id, *member_id;
    vce_event *event;
    (void)number;
    if (client == NULL) {
        conversation_id = aligned(getenv("CONVERSATION_ID"));
        member_id = aligned(getenv("MEMBER_ID"));
        connect_with("proxy", "none");
    }
    check(vce_create_event(client, conversation_id, TYPE, member_id, body, &event, &error));
    vce_event_free(event);
}

static const struct {
    const char *name;
    void (*make)(const char *text, unsigned long number);
} CALLS[] = {
    {"validate_type", validate_type},
    {"validate_body", validate_body},
    {"enqueue_event", enqueue_event},
    {"create_event", create_event},
};

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "calls <name of the call> <how often> <event type or body>\n");
        return EXIT_FAILURE;
    }
    const unsigned long times = strtoul(argv[2], NULL, 10);
    const char *text = aligned(argv[3]);
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++) {
        if (strcmp(CALLS[i].name, argv[1]) != 0)
            continue;
        for (unsigned long number = 0; number < times; number++) {
            CALLS[i].make(text, number);
            CALLGRIND_DUMP_STATS;
            getppid(); /* the mark for strace: the library never calls it */
        }
        vce_client_free(client);
        return EXIT_SUCCESS;
    }
    fprintf(stderr, "there is no call %s\n", argv[1]);
    return EXIT_FAILURE;
}
