/* A libvce of a later day: the real one, but for numbers and names that nobody knows yet. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

#include "vce.h"

/* ISO C knows no way from an object's pointer to a function's. */
#define REAL(name) (__extension__(__typeof__(&name))dlsym(RTLD_NEXT, #name))

vce_status vce_error_status(const vce_error *error)
{
    (void)error;
    return (vce_status)777;
}

vce_outcome vce_error_outcome(const vce_error *error)
{
    (void)error;
    return (vce_outcome)42;
}

/* A failure, as the functions above have it. */
static vce_status newer(vce_status status)
{
    return status == VCE_OK ? VCE_OK : (vce_status)777;
}

vce_status vce_validate_type(const char *type, vce_error **error)
{
    return newer(REAL(vce_validate_type)(type, error));
}

vce_status vce_create_event(const vce_client *client, const char *conversation_id, const char *type,
                            const char *from, const char *body, vce_event **event,
                            vce_error **error)
{
    return newer(
        REAL(vce_create_event)(client, conversation_id, type, from, body, event, error));
}

/* One that says nothing more. */
vce_status vce_delete_event(const vce_client *client, const char *conversation_id,
                            const char *event_id, vce_error **error)
{
    (void)client, (void)conversation_id, (void)event_id, (void)error;
    return (vce_status)777;
}

char *vce_client_stats(const vce_client *client)
{
    char *stats = REAL(vce_client_stats)(client);
    char *name = strstr(stats, "VCE_ERR_FORBIDDEN");
    if (name != NULL) {
        memcpy(name, "VCE_ERR_NEWERDAYS", strlen("VCE_ERR_NEWERDAYS"));
    }
    return stats;
}
