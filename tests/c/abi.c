/* The rules at the top of the header, which hold for every function: NULL, UTF-8, out-parameters, names. */
#include "check.h"

static const char BAD_UTF8[] = "custom:\xff";

static vce_config *usable_config(void)
{
    vce_error *error = NULL;
    vce_config *config = vce_config_new();
    CHECK_OK(vce_config_set(config, "token", "a.b.c", &error));
    CHECK_OK(vce_config_set(config, "base_url", "http://127.0.0.1:1", &error));
    CHECK_OK(vce_config_set(config, "proxy", "none", &error));
    CHECK_OK(vce_config_set(config, "max_retries", "0", &error));
    return config;
}

static void library(void)
{
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", VCE_VERSION_MAJOR, VCE_VERSION_MINOR,
             VCE_VERSION_PATCH);
    CHECK(strcmp(vce_version(), version) == 0);
    CHECK(strcmp(vce_status_name(VCE_OK), "VCE_OK") == 0);
    CHECK(strcmp(vce_status_name(VCE_ERR_TYPE_PREFIX), "VCE_ERR_TYPE_PREFIX") == 0);
    CHECK(strcmp(vce_status_name(2), "VCE_ERR_UNKNOWN") == 0);
    CHECK(strcmp(vce_status_name(-2147483647 - 1), "VCE_ERR_UNKNOWN") == 0);
    vce_string_free(NULL);
}

static void nothing_but_null(void)
{
    vce_error *error = NULL;
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_validate_type(NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_validate_body(NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_config_set(NULL, NULL, NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_config_load_env(NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_client_new(NULL, NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_client_close(NULL, 0, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_create_event(NULL, NULL, NULL, NULL, NULL, NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_get_event(NULL, NULL, NULL, NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_delete_event(NULL, NULL, NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_list_events(NULL, NULL, NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_event_list_set(NULL, NULL, NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_event_list_next(NULL, NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_enqueue_event(NULL, NULL, NULL, NULL, NULL, 0, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_flush(NULL, 0, NULL, &error));
    CHECK(vce_poll(NULL, UINT64_MAX) == NULL && vce_report_fd(NULL) == -1 && vce_client_stats(NULL) == NULL);
    /* The same, but the caller does not want the error. */
    CHECK(vce_validate_type(NULL, NULL) == VCE_ERR_ARGUMENT);
    CHECK(vce_create_event(NULL, NULL, NULL, NULL, NULL, NULL, NULL) == VCE_ERR_ARGUMENT);
    vce_config_free(NULL);
    vce_client_free(NULL);
    vce_event_free(NULL);
    vce_event_list_free(NULL);
    vce_report_free(NULL);
    vce_error_free(NULL);
    CHECK(vce_event_id(NULL) == NULL && vce_event_type(NULL) == NULL);
    CHECK(vce_event_from(NULL) == NULL && vce_event_timestamp(NULL) == NULL);
    CHECK(vce_event_body(NULL) == NULL && vce_event_json(NULL) == NULL);
    CHECK(vce_report_tag(NULL) == 0 && vce_report_outcome(NULL) == VCE_OUTCOME_MAYBE_CREATED);
    CHECK(vce_report_event(NULL) == NULL && vce_report_error(NULL) == NULL);
    CHECK(vce_error_status(NULL) == VCE_ERR_ARGUMENT && vce_error_message(NULL) == NULL);
    CHECK(vce_error_outcome(NULL) == VCE_OUTCOME_MAYBE_CREATED && !vce_error_is_retryable(NULL));
    CHECK(vce_error_retry_after_ms(NULL) == -1 && vce_error_offset(NULL) == -1);
    CHECK(vce_error_http_status(NULL) == 0 && vce_error_code(NULL) == NULL);
    CHECK(vce_error_title(NULL) == NULL && vce_error_detail(NULL) == NULL);
    CHECK(vce_error_trace_id(NULL) == NULL && vce_error_response(NULL) == NULL);
}

static void single_nulls_and_bad_utf8(void)
{
    vce_error *error = NULL;
    vce_config *config = usable_config();
    vce_client *client = NULL;
    vce_event *event = NULL;
    vce_event_list *list = NULL;

    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_config_set(config, NULL, "5s", &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_config_set(config, BAD_UTF8, "5s", &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_config_set(config, "timeout", BAD_UTF8, &error));
    CHECK_FAILS(VCE_ERR_CONFIG, vce_config_set(config, "time_out", "5s", &error));
    CHECK_FAILS(VCE_ERR_CONFIG, vce_config_set(config, "timeout", "soon", &error));
    CHECK_OK(vce_config_set(config, "timeout", NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_client_new(config, NULL, &error));
    CHECK_OK(vce_client_new(config, &client, &error));
    vce_config_free(config);

    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_create_event(client, NULL, "custom:a", NULL, "{}", NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_create_event(client, "C", NULL, NULL, "{}", NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_create_event(client, "C", "custom:a", NULL, NULL, NULL, &error));
    /* Arguments are checked before the rules for events. */
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_create_event(client, "", "", "", NULL, NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_create_event(client, BAD_UTF8, "custom:a", NULL, "{}", NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_create_event(client, "C", BAD_UTF8, NULL, "{}", NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_create_event(client, "C", "custom:a", BAD_UTF8, "{}", NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_create_event(client, "C", "custom:a", NULL, BAD_UTF8, NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_enqueue_event(client, NULL, "custom:a", NULL, "{}", 1, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_enqueue_event(client, "C", NULL, NULL, "{}", 1, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_enqueue_event(client, "C", "custom:a", NULL, NULL, 1, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_enqueue_event(client, BAD_UTF8, "custom:a", NULL, "{}", 1, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_enqueue_event(client, "C", "custom:a", BAD_UTF8, "{}", 1, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_enqueue_event(client, "C", "custom:a", NULL, BAD_UTF8, 1, &error));
    CHECK(vce_poll(client, 0) == NULL);
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_get_event(client, "C", NULL, &event, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_get_event(client, "C", "1", NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_delete_event(client, "C", NULL, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_list_events(client, "C", NULL, &error));
    CHECK_OK(vce_list_events(client, "C", &list, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_event_list_set(list, NULL, "1", &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_event_list_set(list, "type", BAD_UTF8, &error));
    CHECK_FAILS(VCE_ERR_ARGUMENT, vce_event_list_next(list, NULL, &error));
    vce_client_free(client);
    CHECK_FAILS(VCE_ERR_CLOSED, vce_event_list_next(list, &event, &error));
    CHECK(event == NULL);
    vce_event_list_free(list);
}

static void results_are_written_only_on_success(void)
{
    vce_error *error = (vce_error *)&error;
    vce_error *untouched = error;
    vce_config *config = usable_config();
    vce_client *client = NULL;
    vce_event *event = (vce_event *)&event;
    vce_event *there = event;

    CHECK(vce_validate_type("custom:a", &error) == VCE_OK);
    CHECK(error == untouched);
    error = NULL;
    CHECK_OK(vce_client_new(config, &client, &error));
    CHECK_FAILS(VCE_ERR_CONNECT, vce_create_event(client, "C", "custom:a", NULL, "{}", &event, &error));
    CHECK(event == there);
    CHECK(vce_create_event(client, "C", "custom:a", NULL, "{}", &event, NULL) == VCE_ERR_CONNECT);
    CHECK(event == there);
    CHECK_OK(vce_client_close(client, UINT64_MAX, &error));
    CHECK_OK(vce_client_close(client, 0, &error));
    CHECK_FAILS(VCE_ERR_CLOSED, vce_create_event(client, "C", "custom:a", NULL, "{}", NULL, &error));
    vce_client_free(client);
    vce_config_free(config);
}

int main(void)
{
    library();
    nothing_but_null();
    single_nulls_and_bad_utf8();
    results_are_written_only_on_success();
    return EXIT_SUCCESS;
}
