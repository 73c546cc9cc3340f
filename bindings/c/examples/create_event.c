/*
 * Creates a custom event: the documentation's curl call as a program.
 *
 * Reads VONAGE_APPLICATION_ID, VONAGE_APPLICATION_PRIVATE_KEY_PATH or VONAGE_PRIVATE_KEY,
 * CONVERSATION_ID and, if the token has a subject, MEMBER_ID. Any option of libvce can be set as
 * VCE_<OPTION>.
 *
 *     cc create_event.c -I../../../include -L../../../target/release -lvce -o create_event
 *     ./create_event [TYPE [BODY]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <vce.h>

/* Prints what failed, and whether the event exists. */
static int report(vce_error *error)
{
    const char *fate = vce_error_outcome(error) == VCE_OUTCOME_MAYBE_CREATED
                           ? "the event may exist"
                           : "the event does not exist";
    fprintf(stderr, "%s: %s\n(%s)\n", vce_status_name(vce_error_status(error)),
            vce_error_message(error), fate);
    vce_error_free(error);
    return EXIT_FAILURE;
}

/* The server may leave any field of an event out. */
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

int main(int argc, char **argv)
{
    const char *type = argc > 1 ? argv[1] : "custom:hello_from_c";
    const char *body = argc > 2 ? argv[2] : "{\"language\":\"C\"}";
    const char *conversation_id = getenv("CONVERSATION_ID");
    vce_client *client = NULL;
    vce_event *event = NULL;
    vce_error *error = NULL;

    if (conversation_id == NULL) {
        fputs("Set CONVERSATION_ID to the conversation that the event goes to.\n", stderr);
        return EXIT_FAILURE;
    }
    if (new_client(&client, &error) != VCE_OK)
        return report(error);

    vce_status status = vce_create_event(client, conversation_id, type, getenv("MEMBER_ID"), body,
                                         &event, &error);
    vce_client_free(client);
    if (status != VCE_OK)
        return report(error);

    printf("C created event %s at %s\n", or_dash(vce_event_id(event)), or_dash(vce_event_timestamp(event)));
    vce_event_free(event);
    return EXIT_SUCCESS;
}
