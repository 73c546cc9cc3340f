/* Without a free descriptor no certificate can be checked; when one is free again, everything works. */
#define _GNU_SOURCE
#include "check.h"
#include "client.h"
#include "process.h"
#include "sandbox.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const char BUNDLE[] = "/etc/ssl/certs/ca-certificates.crt";

/* The file that replaces the system's bundle, and whether opening it fails. */
static const char *bundle;
static atomic_bool is_out_of_reach;

int open64(const char *path, int flags, ...)
{
    int (*next)(const char *, int, ...);
    *(void **)&next = dlsym(RTLD_NEXT, "open64");
    va_list more;
    va_start(more, flags);
    unsigned mode = (flags & O_CREAT) != 0 ? va_arg(more, unsigned) : 0;
    va_end(more);
    if (bundle != NULL && strcmp(path, BUNDLE) == 0) {
        if (atomic_load(&is_out_of_reach)) {
            errno = EMFILE;
            return -1;
        }
        path = bundle;
    }
    return next(path, flags, mode);
}

static rlim_t first_free;

/* Limits the process to this many free descriptors. */
static void leave(rlim_t descriptors)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = first_free + descriptors;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

/* The system's folder of authorities is readable, but lacks this one. The incomplete set is not kept. */
static void a_bundle_that_cannot_be_read_for_a_moment(void)
{
    struct conversation conversation = sandbox_conversation();
    vce_error *error = NULL;
    bundle = getenv("VCE_CA_FILE");
    vce_client *first = client_with("ca_file", NULL, "max_retries", "0", NULL);
    atomic_store(&is_out_of_reach, true);
    CHECK_FAILS(VCE_ERR_TLS,
                vce_create_event(first, conversation.id, "custom:test", NULL, "{}", NULL, &error));
    atomic_store(&is_out_of_reach, false);
    vce_client *second = client_with("ca_file", NULL, NULL);
    CHECK_OK(vce_create_event(first, conversation.id, "custom:test", NULL, "{}", NULL, &error));
    CHECK_OK(vce_create_event(second, conversation.id, "custom:test", NULL, "{}", NULL, &error));
    vce_client_free(first);
    vce_client_free(second);
    bundle = NULL;
}

int main(void)
{
    int status;
    sandbox_start();
    /* A process reads the authorities only once. */
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        a_bundle_that_cannot_be_read_for_a_moment();
        _exit(EXIT_SUCCESS);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
    struct conversation conversation = sandbox_conversation();
    vce_error *error = NULL;
    vce_client *client = client_with("max_retries", "0", NULL);
    int first = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK(first >= 0 && close(first) == 0);
    first_free = (rlim_t)first;
    /* One descriptor is left for the connection, none for the file of the system's authorities. */
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
