/* libcurl: as many easy handles as events in flight, driven by one multi handle. */
#include <stdlib.h>

#include "curl_peer.h"

static const int POLL_MS = 1000;

static void check_multi(CURLMcode code)
{
    if (code != CURLM_OK)
        fail("the multi handle", curl_multi_strerror(code));
}

static void start(CURLM *multi, struct handle *handle, const struct settings *settings, unsigned long number)
{
    prepare(handle, settings, number);
    handle->since_ns = now_ns();
    check_multi(curl_multi_add_handle(multi, handle->easy));
}

/* Returns the handle of a finished transfer; NULL if there is none. */
static struct handle *ended(CURLM *multi)
{
    int waiting;
    struct handle *handle = NULL;
    const CURLMsg *message = curl_multi_info_read(multi, &waiting);
    if (message != NULL) {
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &handle);
        check_created(handle, message->data.result);
        check_multi(curl_multi_remove_handle(multi, handle->easy));
    }
    return handle;
}

/* Waits for a transfer to finish. */
static struct handle *next_ended(CURLM *multi)
{
    struct handle *handle;
    int running;
    /* First continues with what was just started: polling before that would be useless. */
    check_multi(curl_multi_perform(multi, &running));
    while ((handle = ended(multi)) == NULL) {
        check_multi(curl_multi_poll(multi, NULL, 0, POLL_MS, NULL));
        check_multi(curl_multi_perform(multi, &running));
    }
    return handle;
}

static void create_events(CURLM *multi, struct handle *handles, const struct settings *settings)
{
    unsigned long next = 1, created = 1;
    for (unsigned long i = 0; i < settings->in_flight && next < settings->events; i++)
        start(multi, &handles[i], settings, next++);
    while (created < settings->events)
        for (struct handle *handle = next_ended(multi); handle != NULL; handle = ended(multi)) {
            count_created(handle->since_ns);
            created++;
            if (next < settings->events)
                start(multi, handle, settings, next++);
        }
}

int main(void)
{
    const struct settings settings = read_settings();
    struct request request = make_request(&settings);
    struct handle *handles = calloc(settings.in_flight, sizeof *handles);
    CURLM *multi = curl_multi_init();
    if (handles == NULL || multi == NULL)
        fail("handles", "no memory");
    for (unsigned long i = 0; i < settings.in_flight; i++)
        open_handle(&handles[i], &request);

    start(multi, &handles[0], &settings, 0);
    next_ended(multi);
    begin_measurement(settings.events);
    create_events(multi, handles, &settings);
    end_measurement();

    for (unsigned long i = 0; i < settings.in_flight; i++)
        curl_easy_cleanup(handles[i].easy);
    curl_multi_cleanup(multi);
    free_request(&request);
    free(handles);
    free(settings.ids);
    return EXIT_SUCCESS;
}
