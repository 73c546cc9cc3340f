#include "vce_peer.h"

#include <stddef.h>

vce_config *new_config(const struct settings *settings)
{
    vce_config *config = vce_config_new();
    set(config, "base_url", settings->url);
    set(config, "ca_file", settings->ca_file);
    set(config, "application_id", settings->application);
    set(config, "private_key_path", settings->key_file);
    return config;
}

void create_event(const vce_client *client, const struct settings *settings, unsigned long number)
{
    vce_event *event = NULL;
    vce_error *error = NULL;
    const char *id = settings->ids[number % settings->conversations].text;
    check(vce_create_event(client, id, EVENT_TYPE, EVENT_FROM, EVENT_BODY, &event, &error), error);
    if (vce_event_id(event) == NULL)
        fail("the answer", "has no id");
    vce_event_free(event);
}
