/* libcurl: one easy handle, one event after the other. */
#include <stdlib.h>

#include "curl_peer.h"

static void create_event(struct handle *handle, const struct settings *settings, unsigned long number)
{
    prepare(handle, settings, number);
    check_created(handle, curl_easy_perform(handle->easy));
}

int main(void)
{
    static struct handle handle;
    const struct settings settings = read_settings();
    struct request request = make_request(&settings);
    open_handle(&handle, &request);

    create_event(&handle, &settings, 0);
    begin_measurement(settings.events);
    for (unsigned long number = 1; number < settings.events; number++) {
        const uint64_t since = now_ns();
        create_event(&handle, &settings, number);
        count_created(since);
    }
    end_measurement();

    curl_easy_cleanup(handle.easy);
    free_request(&request);
    free(settings.ids);
    return EXIT_SUCCESS;
}
