#include "vce_program.h"

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

vce_client *open_client(vce_config *config)
{
    vce_client *client = NULL;
    vce_error *error = NULL;
    check(vce_client_new(config, &client, &error), error);
    vce_config_free(config);
    return client;
}
