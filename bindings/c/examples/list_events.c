/*
 * Lists a conversation's events, or those of one type. Reads the same variables as
 * create_event.c.
 *
 *     cc list_events.c -I../../../include -L../../../target/release -lvce -o list_events
 *     ./list_events [TYPE]
 */
#include <stdio.h>
#include <stdlib.h>
#include <vce.h>

static const char *or_dash(const char *text)
{
    return text == NULL ? "-" : text;
}

static vce_status new_client(vce_client **client, vce_error **error)
{
    vce_config *config = vce_config_new();
    vce_status status = vce_config_load_env(config, error);
    if (status == VCE_OK)
        status = vce_client_new(config, client, error);
    vce_config_free(config);
    return status;
}

static vce_status print_events(vce_event_list *list, vce_error **error)
{
    for (;;) {
        vce_event *event = NULL;
        vce_status status = vce_event_list_next(list, &event, error);
        if (status != VCE_OK)
            return status;
        printf("%-4s %-24s %-24s %s\n", or_dash(vce_event_id(event)),
               or_dash(vce_event_timestamp(event)), or_dash(vce_event_type(event)),
               or_dash(vce_event_body(event)));
        vce_event_free(event);
    }
}

int main(int argc, char **argv)
{
    const char *conversation_id = getenv("CONVERSATION_ID");
    vce_client *client = NULL;
    vce_event_list *list = NULL;
    vce_error *error = NULL;

    if (conversation_id == NULL) {
        fputs("Set CONVERSATION_ID to the conversation to list.\n", stderr);
        return EXIT_FAILURE;
    }
    vce_status status = new_client(&client, &error);
    if (status == VCE_OK)
        status = vce_list_events(client, conversation_id, &list, &error);
    if (status == VCE_OK && argc > 1)
        status = vce_event_list_set(list, "type", argv[1], &error);
    if (status == VCE_OK)
        status = print_events(list, &error);
    vce_event_list_free(list);
    vce_client_free(client);
    if (status == VCE_END)
        return EXIT_SUCCESS;
    fprintf(stderr, "%s: %s\n", vce_status_name(status), vce_error_message(error));
    vce_error_free(error);
    return EXIT_FAILURE;
}
