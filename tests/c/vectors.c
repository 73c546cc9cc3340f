/* The rules' vectors, which vectors.py turns into an array of C. */
#include "check.h"

struct vector {
    const char *name;
    const char *text;
    int status;
    long offset;
};

#include "vectors.inc"

typedef vce_status (*validate)(const char *, vce_error **);

static void run(const char *file, const struct vector *vectors, size_t count, validate function)
{
    for (size_t i = 0; i < count; i++) {
        vce_error *error = NULL;
        int status = (int)function(vectors[i].text, &error);
        long offset = error == NULL ? -1 : (long)vce_error_offset(error);
        if (status != vectors[i].status || offset != vectors[i].offset) {
            fprintf(stderr, "%s: %s: %s at %ld\n", file, vectors[i].name, vce_status_name(status), offset);
            exit(EXIT_FAILURE);
        }
        CHECK((error == NULL) == (status == VCE_OK));
        vce_error_free(error);
    }
    CHECK(count > 0);
}

/* No function checks ids alone, so a client whose server does not exist checks them. */
static void run_ids(const struct vector *vectors, size_t count)
{
    vce_error *error = NULL;
    vce_config *config = vce_config_new();
    vce_client *client = NULL;
    CHECK_OK(vce_config_set(config, "token", "a.b.c", &error));
    CHECK_OK(vce_config_set(config, "base_url", "http://127.0.0.1:1", &error));
    CHECK_OK(vce_config_set(config, "proxy", "none", &error));
    CHECK_OK(vce_config_set(config, "max_retries", "0", &error));
    CHECK_OK(vce_client_new(config, &client, &error));
    for (size_t i = 0; i < count; i++) {
        const char *id = vectors[i].text;
        int expected[3] = {VCE_ERR_CONVERSATION_ID, VCE_ERR_MEMBER_ID, VCE_ERR_EVENT_ID};
        for (int kind = 0; kind < 3; kind++) {
            vce_event *event = NULL;
            int status = (int)(kind == 0   ? vce_create_event(client, id, "custom:a", NULL, "{}", NULL, &error)
                               : kind == 1 ? vce_create_event(client, "C", "custom:a", id, "{}", NULL, &error)
                                           : vce_get_event(client, "C", id, &event, &error));
            int right = vectors[i].status == VCE_OK ? VCE_ERR_CONNECT
                        : vectors[i].status == VCE_ERR_ARGUMENT ? VCE_ERR_ARGUMENT : expected[kind];
            if (status != right || (long)vce_error_offset(error) != vectors[i].offset) {
                fprintf(stderr, "ids.json: %s: %s\n", vectors[i].name, vce_status_name(status));
                exit(EXIT_FAILURE);
            }
            vce_error_free(error);
            error = NULL;
        }
    }
    CHECK(count > 0);
    vce_client_free(client);
    vce_config_free(config);
}

int main(void)
{
    run("types.json", types, sizeof types / sizeof *types, vce_validate_type);
    run("bodies.json", bodies, sizeof bodies / sizeof *bodies, vce_validate_body);
    run_ids(ids, sizeof ids / sizeof *ids);
    return EXIT_SUCCESS;
}
