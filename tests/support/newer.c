/*
 * A newer libvce: the real library, but its failures carry numbers that no binding knows yet.
 *
 * NEWER_STATUS and NEWER_OUTCOME are the numbers; without one, the real number stays.  With
 * NEWER_SILENT a delivery report has no error.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "vce.h"

/* ISO C cannot convert a pointer to an object into one to a function. */
#define REAL(name) (__extension__(__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int number(const char *variable, int real)
{
    const char *text = getenv(variable);
    return text != NULL ? atoi(text) : real;
}

static vce_status newer(vce_status status)
{
    return status == VCE_OK ? VCE_OK : (vce_status)number("NEWER_STATUS", (int)status);
}

vce_status vce_error_status(const vce_error *error)
{
    return newer(REAL(vce_error_status)(error));
}

vce_outcome vce_error_outcome(const vce_error *error)
{
    return (vce_outcome)number("NEWER_OUTCOME", (int)REAL(vce_error_outcome)(error));
}

vce_outcome vce_report_outcome(const vce_report *report)
{
    vce_outcome outcome = REAL(vce_report_outcome)(report);
    return outcome == VCE_OUTCOME_CREATED ? outcome
                                          : (vce_outcome)number("NEWER_OUTCOME", (int)outcome);
}

const vce_error *vce_report_error(const vce_report *report)
{
    return getenv("NEWER_SILENT") != NULL ? NULL : REAL(vce_report_error)(report);
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

/* Fails without an error. */
vce_status vce_delete_event(const vce_client *client, const char *conversation_id,
                            const char *event_id, vce_error **error)
{
    (void)client, (void)conversation_id, (void)event_id, (void)error;
    return newer(VCE_ERR_INTERNAL);
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
