/*
 * libvce: custom events in Vonage conversations.
 *
 * Generated from the library's source. Change the source, not this file.
 *
 * These rules hold for every function:
 *
 * - Input strings are NUL-terminated UTF-8. The library borrows them for the call only. A function
 *   that gets invalid UTF-8, or NULL where it is not allowed, returns VCE_ERR_ARGUMENT and never
 *   crashes. Every _free function accepts NULL.
 * - A function that can fail returns vce_status; VCE_OK is 0. It writes its results to
 *   out-parameters, and only on success. Its last parameter is vce_error **error. Pass NULL to
 *   ignore the error. Otherwise a failure sets it to an error, which the caller frees with
 *   vce_error_free; success leaves it unchanged.
 * - Objects are opaque. A const char * result belongs to its object and is valid as long as the
 *   object exists. A char * result belongs to the caller, who frees it with vce_string_free.
 * - const vce_client *: any number of threads may use it at the same time. Any other object: one
 *   thread at a time. While an object is being freed, no other thread may be inside, or about to
 *   enter, any call with it.
 * - A thread that calls a function needs a stack of 64 KiB, plus the size of the program's
 *   thread-local variables, which lie on the stack too.
 * - A panic inside the library becomes VCE_ERR_INTERNAL; its message is in the error, and nothing
 *   is printed.
 * - No function calls back into the program, exits the process, or blocks longer than its time
 *   limit.
 * - Only one thing ends the process: if the system has no memory left, the library prints a line
 *   and calls abort(). Memory is limited. A call about one event uses at most 5 MiB, with any
 *   arguments and any answer of the server. The queue uses at most queue_max_bytes, plus 1 KiB for
 *   each event in it. If it has no room for the server's answer, the report has only the event's
 *   id, type and timestamp, or an error without the answer's body.
 */

#ifndef VCE_H
#define VCE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * The major version of this header.
 */
#define VCE_VERSION_MAJOR 0

/**
 * The minor version of this header.
 */
#define VCE_VERSION_MINOR 1

/**
 * The patch version of this header.
 */
#define VCE_VERSION_PATCH 0

/**
 * The result of a call. 0 is success. 10 to 29 are the caller's mistakes, found before anything
 * was sent; only VCE_ERR_CLOSED can also end a call that has begun. 40 to 49 are errors of the
 * connection, 60 to 69 come from the server's answer, 80 to 89 from the queue.
 */
typedef enum {
    /**
     * Success.
     */
    VCE_OK = 0,
    /**
     * The event list has no more events.
     */
    VCE_END = 1,
    /**
     * An argument is missing, NULL or not UTF-8.
     */
    VCE_ERR_ARGUMENT = 10,
    /**
     * An option's name or value is wrong, or options contradict each other.
     */
    VCE_ERR_CONFIG = 11,
    /**
     * The private key or token is missing or cannot be used.
     */
    VCE_ERR_CREDENTIALS = 12,
    /**
     * The client is closed, or was closed during the call.
     */
    VCE_ERR_CLOSED = 13,
    /**
     * The event type does not begin with `custom:`.
     */
    VCE_ERR_TYPE_PREFIX = 20,
    /**
     * Nothing follows the event type's prefix.
     */
    VCE_ERR_TYPE_EMPTY = 21,
    /**
     * The event type has more than 100 characters.
     */
    VCE_ERR_TYPE_TOO_LONG = 22,
    /**
     * The event type has a character that is not allowed.
     */
    VCE_ERR_TYPE_CHARACTER = 23,
    /**
     * The body is not JSON.
     */
    VCE_ERR_BODY_JSON = 24,
    /**
     * The body is JSON but not an object.
     */
    VCE_ERR_BODY_NOT_OBJECT = 25,
    /**
     * The body has more than 4096 bytes.
     */
    VCE_ERR_BODY_TOO_LARGE = 26,
    /**
     * The conversation id is invalid.
     */
    VCE_ERR_CONVERSATION_ID = 27,
    /**
     * The member id is invalid.
     */
    VCE_ERR_MEMBER_ID = 28,
    /**
     * The event id is invalid.
     */
    VCE_ERR_EVENT_ID = 29,
    /**
     * No connection: name resolution, TCP or the proxy failed.
     */
    VCE_ERR_CONNECT = 40,
    /**
     * No TLS session: the certificate or the handshake failed.
     */
    VCE_ERR_TLS = 41,
    /**
     * The time limit passed.
     */
    VCE_ERR_TIMEOUT = 42,
    /**
     * The connection broke during the request.
     */
    VCE_ERR_NETWORK = 43,
    /**
     * The answer is invalid or too large.
     */
    VCE_ERR_RESPONSE = 44,
    /**
     * The server refused the request: 400, 422 or another 4xx.
     */
    VCE_ERR_BAD_REQUEST = 60,
    /**
     * The server refused the token: 401.
     */
    VCE_ERR_UNAUTHORIZED = 61,
    /**
     * The token does not permit this: 403.
     */
    VCE_ERR_FORBIDDEN = 62,
    /**
     * The conversation or event does not exist: 404 or 410.
     */
    VCE_ERR_NOT_FOUND = 63,
    /**
     * Too many requests: 429, or `rate_limit` allows no request within the time limit.
     */
    VCE_ERR_RATE_LIMITED = 64,
    /**
     * The server failed: 5xx.
     */
    VCE_ERR_SERVER = 65,
    /**
     * The queue is full.
     */
    VCE_ERR_QUEUE_FULL = 80,
    /**
     * Reserved: no function of this version returns it.
     */
    VCE_ERR_STORAGE = 81,
    /**
     * A defect in libvce.
     */
    VCE_ERR_INTERNAL = 99,
} vce_status;

/**
 * Whether an event exists.
 */
typedef enum {
    /**
     * The event certainly does not exist.
     */
    VCE_OUTCOME_NOT_CREATED = 0,
    /**
     * The event exists.
     */
    VCE_OUTCOME_CREATED = 1,
    /**
     * The event may exist: the request was sent, and no answer says whether the event was
     * created. Sending it again may create a second event.
     */
    VCE_OUTCOME_MAYBE_CREATED = 2,
} vce_outcome;

/**
 * A client of the Conversation API. Any number of threads may use it at the same time.
 *
 * A child process that inherits a client by fork may use it and free it. The fork may happen at
 * any moment. The child gets its own connections, token, queue and threads, and does not touch
 * its parent's. While the library looks up a name, fork() waits for it, at most half a second.
 */
typedef struct vce_client vce_client;

/**
 * A client's settings. One thread at a time may use them.
 */
typedef struct vce_config vce_config;

/**
 * Why a call failed, and whether the event may exist. It contains no secret.
 */
typedef struct vce_error vce_error;

/**
 * An event as the server described it. A field that the server left out is NULL; this can happen
 * even to the id of a created event. Only vce_event_json is always there.
 */
typedef struct vce_event vce_event;

/**
 * A conversation's events, fetched when they are needed. One thread at a time may use it.
 */
typedef struct vce_event_list vce_event_list;

/**
 * A delivery report: it says what happened to an enqueued event. One thread at a time may use it.
 */
typedef struct vce_report vce_report;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Returns the version of the loaded library, such as "0.1.0". The text is static: do not free it.
 */
const char *vce_version(void);

/**
 * Returns the name of a status, such as "VCE_ERR_TYPE_PREFIX"; for an unknown number
 * "VCE_ERR_UNKNOWN". The text is static: do not free it.
 */
const char *vce_status_name(int32_t status);

/**
 * Frees a text that a function returned as char *. NULL is allowed.
 */
void vce_string_free(char *string);

/**
 * Checks an event type against the rules in the Conversation API's documentation of custom
 * events: it begins with "custom:", has at most 100 characters in all, and after the prefix it
 * has only letters, digits, '-' and '_'. The call sends nothing.
 *
 * Returns VCE_OK, or the first that applies of VCE_ERR_TYPE_PREFIX, VCE_ERR_TYPE_EMPTY,
 * VCE_ERR_TYPE_TOO_LONG and VCE_ERR_TYPE_CHARACTER.
 */
vce_status vce_validate_type(const char *type, vce_error **error);

/**
 * Checks a body: it is one JSON object (RFC 8259, nested at most 128 deep) of at most 4096 bytes,
 * not counting insignificant whitespace. The call sends nothing.
 *
 * Returns VCE_OK, or the first that applies of VCE_ERR_BODY_JSON, VCE_ERR_BODY_NOT_OBJECT and
 * VCE_ERR_BODY_TOO_LARGE.
 */
vce_status vce_validate_body(const char *body, vce_error **error);

/**
 * Returns settings with every option at its default. Free them with vce_config_free.
 */
vce_config *vce_config_new(void);

/**
 * Sets an option; a value of NULL sets it back to its default. The README lists the options. The
 * value is copied, and checked at once.
 *
 * Returns VCE_ERR_CONFIG if the name is unknown or the value is invalid; the option then keeps
 * its previous value.
 */
vce_status vce_config_set(vce_config *config,
                          const char *name,
                          const char *value,
                          vce_error **error);

/**
 * Sets options from the environment: VONAGE_APPLICATION_ID, VONAGE_APPLICATION_PRIVATE_KEY_PATH,
 * VONAGE_PRIVATE_KEY (a path or the key itself), and VCE_ with any option's name in capitals,
 * such as VCE_TIMEOUT. The library reads no other environment variables, except the usual proxy
 * variables if the option proxy is "env".
 *
 * No other thread may change the environment during this call. Returns VCE_ERR_CONFIG if a
 * variable has an invalid value.
 */
vce_status vce_config_load_env(vce_config *config, vce_error **error);

/**
 * Frees settings. Clients that were made from them stay valid. NULL is allowed.
 */
void vce_config_free(vce_config *config);

/**
 * Makes a client from a copy of the settings. Free it with vce_client_free. The call reads the
 * private key and ca_file; it opens no connection and starts no thread.
 *
 * Returns VCE_OK, VCE_ERR_CONFIG or VCE_ERR_CREDENTIALS.
 */
vce_status vce_client_new(const vce_config *config, vce_client **client, vce_error **error);

/**
 * Closes a client: refuses new calls and events with VCE_ERR_CLOSED, and waits at most timeout_ms
 * milliseconds for calls in other threads and for enqueued events. Then it cancels the rest:
 * those calls return VCE_ERR_CLOSED, those events are reported with VCE_ERR_CLOSED, and the
 * outcome of each says what is known about its event.
 *
 * Reports can still be polled afterwards. No thread of the library remains, except the threads
 * of a shared engine, a thread that still waits for the system to look up a host's name, and a
 * thread that watches the idle connections of other clients. Any thread may close a client.
 *
 * Returns VCE_OK if nothing had to be cancelled, otherwise VCE_ERR_TIMEOUT. Closing again returns
 * VCE_OK.
 */
vce_status vce_client_close(const vce_client *client, uint64_t timeout_ms, vce_error **error);

/**
 * Frees a client. It closes the client first, with a time limit of 0: it cancels what is
 * unfinished and blocks no longer than that takes. With engine=shared, accepted events are still
 * delivered, but without reports. NULL is allowed.
 *
 * No other thread may be inside, or about to enter, any call with the client. Close it first,
 * which makes vce_poll and vce_flush return; then join the threads that use it; then free it. Its
 * event lists remain valid, and return VCE_ERR_CLOSED when they need the server.
 */
void vce_client_free(vce_client *client);

/**
 * Creates one event and waits for the answer. The option timeout limits the whole call.
 *
 * from is the member that the event comes from. NULL is allowed, unless the token has a subject:
 * then the call returns VCE_ERR_MEMBER_ID. body is a JSON object; its keys, numbers and strings
 * are sent byte for byte. With delivery=effectively_once the body gets one more member, unless it
 * has that member already. event may be NULL; otherwise free the event with vce_event_free.
 *
 * The call runs on the caller's thread. It also works in exit handlers and in thread destructors.
 * The library uses a thread of its own in two cases. The system looks up host names without a
 * time limit, so a thread waits for each lookup; the process has one such thread for a name, and
 * remembers the addresses for 30 seconds. When several connections are idle, another thread
 * closes them after 15 seconds.
 *
 * Returns the first error in this order: arguments, conversation_id, type, from, body; then
 * nothing was sent. Otherwise returns VCE_ERR_CLOSED, or a status from 40 to 69 that says what
 * went wrong with the connection or what the server answered. After any failure
 * vce_error_outcome says whether the event may exist.
 */
vce_status vce_create_event(const vce_client *client,
                            const char *conversation_id,
                            const char *type,
                            const char *from,
                            const char *body,
                            vce_event **event,
                            vce_error **error);

/**
 * Fetches an event. Free it with vce_event_free. The option timeout limits the whole call.
 *
 * Returns VCE_ERR_CONVERSATION_ID, VCE_ERR_EVENT_ID, VCE_ERR_CLOSED, VCE_ERR_NOT_FOUND or another
 * status from 40 to 69.
 */
vce_status vce_get_event(const vce_client *client,
                         const char *conversation_id,
                         const char *event_id,
                         vce_event **event,
                         vce_error **error);

/**
 * Deletes an event. The server may still list it, with a "deleted" timestamp. The option timeout
 * limits the whole call. The request is not repeated if the server may have carried it out: the
 * second answer would be VCE_ERR_NOT_FOUND.
 *
 * Returns VCE_ERR_CONVERSATION_ID, VCE_ERR_EVENT_ID, VCE_ERR_CLOSED, VCE_ERR_NOT_FOUND or another
 * status from 40 to 69.
 */
vce_status vce_delete_event(const vce_client *client,
                            const char *conversation_id,
                            const char *event_id,
                            vce_error **error);

/**
 * Makes a list of a conversation's events. It sends nothing yet: vce_event_list_next fetches the
 * events. Free the list with vce_event_list_free, before or after the client.
 *
 * Returns VCE_ERR_CONVERSATION_ID if the id is invalid.
 */
vce_status vce_list_events(const vce_client *client,
                           const char *conversation_id,
                           vce_event_list **list,
                           vce_error **error);

/**
 * Filters or orders a list. Call it before the first vce_event_list_next. A value of NULL leaves
 * the choice to the server.
 *
 * type: only events of this type; the library picks them out. It never sends a type that begins
 * with "custom:" to the server, whose filter does not support custom types; so the list fetches
 * every page, and page_size "100" saves requests. It sends any other type to the server too.
 * order: "asc" or "desc". page_size: "1" to "100", the number of events fetched at once.
 * start_id, end_id: the range of event ids. exclude_deleted: "true" or "false".
 *
 * Returns VCE_ERR_ARGUMENT for any other name or value, or after the first
 * vce_event_list_next; VCE_ERR_EVENT_ID for an invalid start_id or end_id.
 */
vce_status vce_event_list_set(vce_event_list *list,
                              const char *name,
                              const char *value,
                              vce_error **error);

/**
 * Gets the next event. Free it with vce_event_free. The call fetches as many pages as it needs;
 * the option timeout limits the whole call. After an error it can be repeated: no event is
 * skipped.
 *
 * Returns VCE_OK, VCE_END after the last event, VCE_ERR_CLOSED, or a status from 40 to 69.
 * VCE_ERR_RESPONSE can mean that there is a next page, but that the server's link to it is
 * invalid.
 */
vce_status vce_event_list_next(vce_event_list *list, vce_event **event, vce_error **error);

/**
 * Frees a list. Events that came from it stay valid. NULL is allowed.
 */
void vce_event_list_free(vce_event_list *list);

/**
 * Returns the event's id as text, whether the server sent a number or a string. NULL if the
 * server sent no id.
 */
const char *vce_event_id(const vce_event *event);

/**
 * Returns the event type, or NULL.
 */
const char *vce_event_type(const vce_event *event);

/**
 * Returns the id of the member that the event comes from, or NULL.
 */
const char *vce_event_from(const vce_event *event);

/**
 * Returns the time at which the server created the event, as the server wrote it (RFC 3339), or
 * NULL.
 */
const char *vce_event_timestamp(const vce_event *event);

/**
 * Returns the body's JSON byte for byte as the server sent it, or NULL.
 */
const char *vce_event_body(const vce_event *event);

/**
 * Returns the JSON of the whole event byte for byte as the server sent it. NULL only for NULL.
 */
const char *vce_event_json(const vce_event *event);

/**
 * Frees an event and its texts. NULL is allowed.
 */
void vce_event_free(vce_event *event);

/**
 * Returns the status of the error; VCE_ERR_ARGUMENT for NULL.
 */
vce_status vce_error_status(const vce_error *error);

/**
 * Returns one sentence for a person: what went wrong, where, and what to do. NULL only for NULL.
 */
const char *vce_error_message(const vce_error *error);

/**
 * Returns VCE_OUTCOME_NOT_CREATED if the event does not exist, or VCE_OUTCOME_MAYBE_CREATED if it
 * may exist in spite of the error. Errors of calls that create no event have
 * VCE_OUTCOME_NOT_CREATED. For NULL, nothing is known: VCE_OUTCOME_MAYBE_CREATED.
 */
vce_outcome vce_error_outcome(const vce_error *error);

/**
 * Returns whether the same call may succeed later without creating the event twice. With
 * delivery=at_least_once it may create the event twice. False for NULL.
 */
bool vce_error_is_retryable(const vce_error *error);

/**
 * Returns how many milliseconds to wait before trying again, as the server's Retry-After or the
 * option rate_limit says; -1 if neither does.
 */
int64_t vce_error_retry_after_ms(const vce_error *error);

/**
 * Returns the byte offset of the first error in an event type, an id, a body or another text that
 * the caller passed; -1 if the error has no offset.
 */
int64_t vce_error_offset(const vce_error *error);

/**
 * Returns the HTTP status of the server's answer; 0 if there was no answer.
 */
int32_t vce_error_http_status(const vce_error *error);

/**
 * Returns Vonage's error code, such as "conversation:error:not-found", or NULL.
 */
const char *vce_error_code(const vce_error *error);

/**
 * Returns the title of the problem details, or NULL.
 */
const char *vce_error_title(const vce_error *error);

/**
 * Returns the detail of the problem details (in an older version its description), or NULL.
 */
const char *vce_error_detail(const vce_error *error);

/**
 * Returns the id by which Vonage's support finds the request, or NULL.
 */
const char *vce_error_trace_id(const vce_error *error);

/**
 * Returns the body of the server's answer as received: at most its first 64 KiB, and only up to a
 * NUL byte. It may be invalid UTF-8. NULL if there was no answer.
 */
const char *vce_error_response(const vce_error *error);

/**
 * Frees an error and its texts. NULL is allowed.
 */
void vce_error_free(vce_error *error);

/**
 * Accepts an event to send it in the background: validates it, copies it and returns without
 * I/O. A delivery report later says what happened to the event. The report has the same tag; the
 * library does not interpret the tag. Each accepted event has exactly one report, unless the
 * option reports turns it off.
 *
 * from and body are as for vce_create_event. The events of one conversation are sent one after
 * the other, in the order in which they were enqueued; retries keep this order. Different
 * conversations are sent in parallel, at most as many as the option connections says. The option
 * timeout limits each attempt; delivery_timeout limits the time from enqueuing to the report.
 *
 * The first event starts a thread of the library. There are at most connections + 1 such threads,
 * and one for a name lookup. They call no code of the program, block its signals, and end after
 * some seconds without work. The process does not wait for them when it exits: call vce_flush or
 * vce_client_close first.
 *
 * Returns the same errors as vce_create_event for an event that breaks a rule; VCE_ERR_CLOSED;
 * VCE_ERR_QUEUE_FULL (an event counts until its report has been polled); VCE_ERR_INTERNAL if the
 * system cannot start a thread. After any error, the event was not accepted.
 */
vce_status vce_enqueue_event(const vce_client *client,
                             const char *conversation_id,
                             const char *type,
                             const char *from,
                             const char *body,
                             uint64_t tag,
                             vce_error **error);

/**
 * Returns the next delivery report, in the order in which events finished. Free it with
 * vce_report_free. Returns NULL if no report comes within timeout_ms milliseconds (UINT64_MAX: no
 * limit), or at once if the client is closed and no report can come any more. NULL for NULL.
 *
 * Threads that poll at the same time get different reports.
 */
vce_report *vce_poll(const vce_client *client, uint64_t timeout_ms);

/**
 * Waits until every accepted event is finished, including events that other threads enqueue
 * meanwhile. Their reports may still wait for vce_poll. remaining is set to the number of
 * unfinished events, also on failure; it may be NULL.
 *
 * Returns VCE_OK if no event is unfinished, otherwise VCE_ERR_TIMEOUT after timeout_ms
 * milliseconds. vce_client_close finishes every event, so a flush in another thread returns.
 */
vce_status vce_flush(const vce_client *client,
                     uint64_t timeout_ms,
                     uint64_t *remaining,
                     vce_error **error);

/**
 * Returns a file descriptor that is readable exactly while reports wait for vce_poll. Use it with
 * epoll, asyncio or stream_select. With edge-triggered epoll, after each edge call vce_poll until
 * it returns NULL.
 *
 * The first call makes the descriptor. It belongs to the client: do not read or close it; it is
 * closed when the client is freed. Returns -1 if the system has no descriptor left, and for NULL.
 * A forked child has its own descriptor and must ask for it again.
 */
int vce_report_fd(const vce_client *client);

/**
 * Returns counters as a JSON object. Free the text with vce_string_free. Returns NULL for NULL.
 *
 * "queued": events that wait to be sent. "in_flight": events that are being sent. "reports":
 * reports that wait for vce_poll. "events" and "bytes": what counts against queue_max_events and
 * queue_max_bytes; with engine=shared, of all clients that share the engine. "accepted",
 * "created", "maybe_created" and "not_created": events so far (accepted is the sum of queued,
 * in_flight and the other three). "not_created_by_status": an object from status names to counts.
 * "retries": requests that were repeated. "latency_ms": an object with "p50", "p90", "p99" and
 * "max", the milliseconds from enqueuing to creation, exact to two digits; null before the first
 * created event. "engine": an object with "tokens_signed" and "connections_opened"; these count
 * vce_create_event and the other calls too, and all clients that share the engine. Later versions
 * may add keys, and keep these.
 */
char *vce_client_stats(const vce_client *client);

/**
 * Returns the tag with which the event was enqueued; 0 for NULL.
 */
uint64_t vce_report_tag(const vce_report *report);

/**
 * Returns whether the event exists. For NULL, nothing is known: VCE_OUTCOME_MAYBE_CREATED.
 */
vce_outcome vce_report_outcome(const vce_report *report);

/**
 * Returns the event as the server described it. It belongs to the report and is freed with it.
 * NULL if the event was not created, or may have been, and for NULL.
 */
const vce_event *vce_report_event(const vce_report *report);

/**
 * Returns why the event was not created, or may not have been. The error belongs to the report
 * and is freed with it. NULL if the event was created, and for NULL.
 */
const vce_error *vce_report_error(const vce_report *report);

/**
 * Frees a report, its event and its error. NULL is allowed.
 */
void vce_report_free(vce_report *report);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* VCE_H */
