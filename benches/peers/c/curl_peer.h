/* What the peers that use libcurl have in common. */
#ifndef CURL_PEER_H
#define CURL_PEER_H

#include <curl/curl.h>

#include "peer.h"

/* A handle that is used again for one event after the other. */
struct handle {
    CURL *easy;
    char error[CURL_ERROR_SIZE];
    char answer[4096];
    size_t length;
    uint64_t since_ns;
};

/* What all handles send. */
struct request {
    const struct settings *settings;
    struct curl_slist *headers;
};

struct request make_request(const struct settings *settings);
void free_request(struct request *request);

void open_handle(struct handle *handle, const struct request *request);

/* Prepares a handle for the event with this number. */
void prepare(struct handle *handle, const struct settings *settings, unsigned long number);

/* Exits unless the transfer succeeded and the event was created. */
void check_created(const struct handle *handle, CURLcode code);

#endif
