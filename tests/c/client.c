#include "client.h"
#include "check.h"
#include <stdarg.h>

/* No test waits so long. After this time the test fails. */
static const uint64_t LONG_MS = 120000;

vce_client *new_client(void)
{
    return client_with("proxy", "none", NULL);
}

vce_client *client_with(const char *name, ...)
{
    vce_error *error = NULL;
    vce_config *config = vce_config_new();
    vce_client *client = NULL;
    va_list options;
    CHECK_OK(vce_config_load_env(config, &error));
    va_start(options, name);
    for (; name != NULL; name = va_arg(options, const char *))
        CHECK_OK(vce_config_set(config, name, va_arg(options, const char *), &error));
    va_end(options);
    CHECK_OK(vce_client_new(config, &client, &error));
    vce_config_free(config);
    return client;
}

void enqueue(const vce_client *client, const char *conversation_id, uint64_t number)
{
    char body[48];
    vce_error *error = NULL;
    snprintf(body, sizeof body, "{\"n\":%llu}", (unsigned long long)number);
    CHECK_OK(vce_enqueue_event(client, conversation_id, "custom:test", NULL, body, number, &error));
}

vce_report *next_report(const vce_client *client)
{
    vce_report *report = vce_poll(client, LONG_MS);
    CHECK(report != NULL);
    /* A report has either an event or an error, according to its outcome. */
    bool created = vce_report_outcome(report) == VCE_OUTCOME_CREATED;
    CHECK((vce_report_event(report) != NULL) == created);
    CHECK((vce_report_error(report) == NULL) == created);
    return report;
}

uint64_t take_created(const vce_client *client)
{
    vce_report *report = next_report(client);
    uint64_t tag = vce_report_tag(report);
    if (vce_report_outcome(report) != VCE_OUTCOME_CREATED)
        fprintf(stderr, "%s\n", vce_error_message(vce_report_error(report)));
    CHECK(vce_report_outcome(report) == VCE_OUTCOME_CREATED);
    vce_report_free(report);
    return tag;
}

uint64_t take_failed(const vce_client *client, vce_status status, vce_outcome outcome)
{
    vce_report *report = next_report(client);
    const vce_error *error = vce_report_error(report);
    uint64_t tag = vce_report_tag(report);
    CHECK(error != NULL);
    if (vce_error_status(error) != status || vce_report_outcome(report) != outcome)
        fprintf(stderr, "%s\n", vce_error_message(error));
    CHECK(vce_error_status(error) == status);
    CHECK(vce_report_outcome(report) == outcome && vce_error_outcome(error) == outcome);
    vce_report_free(report);
    return tag;
}

static long long number(const char *json, const char *name)
{
    char key[48];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(json, key);
    if (at == NULL)
        fprintf(stderr, "no %s in %s\n", key, json);
    CHECK(at != NULL);
    char *end;
    long long value = strtoll(at + strlen(key), &end, 10);
    CHECK(end != at + strlen(key) && (*end == ',' || *end == '}'));
    return value;
}

long long figure(const vce_client *client, const char *name)
{
    char *stats = vce_client_stats(client);
    CHECK(stats != NULL);
    long long value = number(stats, name);
    CHECK(number(stats, "accepted") == number(stats, "queued") + number(stats, "in_flight") + number(stats, "created")
                                           + number(stats, "maybe_created") + number(stats, "not_created"));
    vce_string_free(stats);
    return value;
}
