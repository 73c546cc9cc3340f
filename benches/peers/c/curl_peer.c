#include "curl_peer.h"

#include <stdio.h>
#include <string.h>

static const char REQUEST[] = "{\"type\":\"" EVENT_TYPE "\",\"from\":\"" EVENT_FROM "\",\"body\":" EVENT_BODY "}";
static const long TIMEOUT_MS = 30000;
static const long CREATED = 201;

static size_t keep(char *data, size_t size, size_t count, void *argument)
{
    struct handle *handle = argument;
    const size_t length = size * count;
    if (length > sizeof handle->answer - handle->length)
        return 0;
    memcpy(handle->answer + handle->length, data, length);
    handle->length += length;
    return length;
}

static void append(struct curl_slist **headers, const char *header)
{
    struct curl_slist *longer = curl_slist_append(*headers, header);
    if (longer == NULL)
        fail(header, "no memory");
    *headers = longer;
}

struct request make_request(const struct settings *settings)
{
    struct request request = {.settings = settings, .headers = NULL};
    char authorization[4096];
    snprintf(authorization, sizeof authorization, "Authorization: Bearer %s", settings->token);
    append(&request.headers, authorization);
    append(&request.headers, "Content-Type: application/json");
    append(&request.headers, "Accept: application/json");
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        fail("libcurl", "cannot be initialised");
    return request;
}

void free_request(struct request *request)
{
    curl_slist_free_all(request->headers);
    curl_global_cleanup();
}

void open_handle(struct handle *handle, const struct request *request)
{
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        fail("an easy handle", "no memory");
    handle->easy = easy;
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_CAINFO, request->settings->ca_file);
    /* Debian's default would make libcurl read the certificates again for every connection. */
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, REQUEST);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)(sizeof REQUEST - 1));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, handle->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, handle);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, handle);
}

void prepare(struct handle *handle, const struct settings *settings, unsigned long number)
{
    char url[512];
    snprintf(url, sizeof url, "%s/v0.3/conversations/%s/events", settings->url,
             settings->ids[number % settings->conversations].text);
    handle->length = 0;
    if (curl_easy_setopt(handle->easy, CURLOPT_URL, url) != CURLE_OK)
        fail(url, "no memory");
}

void check_created(const struct handle *handle, CURLcode code)
{
    long status = 0;
    if (code != CURLE_OK)
        fail(curl_easy_strerror(code), handle->error);
    curl_easy_getinfo(handle->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != CREATED || handle->length == 0)
        fail("the answer", "is not a created event");
}
