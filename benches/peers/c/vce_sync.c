/* libvce: one event after the other. */
#include <stdlib.h>

#include "vce_peer.h"

int main(void)
{
    const struct settings settings = read_settings();
    vce_client *client = open_client(new_config(&settings));

    create_event(client, &settings, 0);
    begin_measurement(settings.events);
    for (unsigned long number = 1; number < settings.events; number++) {
        const uint64_t since = now_ns();
        create_event(client, &settings, number);
        count_created(since);
    }
    end_measurement();

    vce_client_free(client);
    free(settings.ids);
    return EXIT_SUCCESS;
}
