/* delivery=effectively_once: a doubtful event is looked up before it is sent again. */
#include "check.h"
#include "client.h"
#include "sandbox.h"

static vce_client *once(void)
{
    return client_with("delivery", "effectively_once", "lookup_delay", "20ms", NULL);
}

/* The connection breaks after the event was created, or before: it exists once in both cases. */
static void exists_once(const char *creates)
{
    struct conversation conversation = sandbox_conversation();
    vce_error *error = NULL;
    vce_event *event = NULL;
    long numbers[4];
    vce_client *client = once();

    sandbox_fault("\"kind\":\"drop\",\"creates\":%s", creates);
    CHECK_OK(vce_create_event(client, conversation.id, "custom:test", NULL, "{\"n\":1}", &event, &error));
    CHECK(vce_event_id(event) != NULL && strstr(vce_event_body(event), "\"vce_key\":\"") != NULL);
    vce_event_free(event);
    sandbox_fault("\"kind\":\"drop\",\"creates\":%s", creates);
    enqueue(client, conversation.id, 2);
    CHECK(take_created(client) == 2);
    CHECK(sandbox_events(conversation.id, numbers, 4) == 2);
    CHECK(numbers[0] == 1 && numbers[1] == 2);
    vce_client_free(client);
}

static void an_incomplete_look_leaves_the_outcome_open(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_error *error = NULL;
    vce_client *client = once();

    sandbox_fault("\"kind\":\"drop\",\"creates\":true");
    sandbox_fault("\"kind\":\"status\",\"status\":403,\"on\":\"list\"");
    CHECK(vce_create_event(client, conversation.id, "custom:test", NULL, "{}", NULL, &error)
          == VCE_ERR_NETWORK);
    CHECK(vce_error_outcome(error) == VCE_OUTCOME_MAYBE_CREATED);
    CHECK(strstr(vce_error_message(error), "could not be looked up") != NULL);
    vce_error_free(error);
    sandbox_forget_faults();
    vce_client_free(client);
}

int main(void)
{
    sandbox_start();
    exists_once("true");
    exists_once("false");
    an_incomplete_look_leaves_the_outcome_open();
}
