#include "vce_peer.h"

#include <stddef.h>

void check(vce_status status, vce_error *error)
{
    if (status != VCE_OK)
        fail(vce_status_name(status), vce_error_message(error));
}

void set(vce_config *config, const char *name, const char *value)
{
    vce_error *error = NULL;
    check(vce_config_set(config, name, value, &error), error);
}

vce_config *new_config(const struct settings *settings)
{
    vce_config *config = vce_config_new();
    set(config, "base_url", settings->url);
    set(config, "ca_file", settings->ca_file);
    set(config, "application_id", settings->application);
    set(config, "private_key_path", settings->key_file);
    return config;
}

vce_client *open_client(vce_config *config)
{
    vce_client *client = NULL;
    vce_error *error = NULL;
    check(vce_client_new(config, &client, &error), error);
    vce_config_free(config);
    return client;
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
