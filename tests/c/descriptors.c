/* Without a descriptor left nothing can be trusted, but only until there is one again. */
#define _GNU_SOURCE
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

static rlim_t first_free;

/* Leaves the process so many descriptors. */
static void leave(rlim_t descriptors)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = first_free + descriptors;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

int main(void)
{
    sandbox_start();
    struct conversation conversation = sandbox_conversation();
    vce_error *error = NULL;
    vce_client *client = client_with("max_retries", "0", NULL);
    int first = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK(first >= 0 && close(first) == 0);
    first_free = (rlim_t)first;
    /* One for the connection, and none for the file of the system's authorities. */
    for (rlim_t descriptors = 0; descriptors < 2; descriptors++) {
        leave(descriptors);
        vce_status status = vce_create_event(client, conversation.id, "custom:test", NULL, "{}", NULL, &error);
        CHECK(status == (descriptors == 0 ? VCE_ERR_CONNECT : VCE_ERR_TLS));
        CHECK(vce_error_outcome(error) == VCE_OUTCOME_NOT_CREATED && vce_error_is_retryable(error));
        CHECK(strstr(vce_error_message(error), strerror(EMFILE)) != NULL);
        vce_error_free(error);
        error = NULL;
    }
    leave(50);
    CHECK_OK(vce_create_event(client, conversation.id, "custom:test", NULL, "{}", NULL, &error));
    vce_client_free(client);
    return EXIT_SUCCESS;
}
