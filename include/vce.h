/*
 * libvce: custom events in Vonage conversations.
 *
 * Generated from the library's source; changes belong there.
 *
 * What holds for every function:
 *
 * - Inputs are NUL-terminated UTF-8 and borrowed for the call. NULL where it isn't allowed, or
 *   invalid UTF-8, is VCE_ERR_ARGUMENT, never a crash. Every _free accepts NULL.
 * - Functions that can fail return vce_status; VCE_OK is 0. Results come through
 *   out-parameters, written only on success. The last one is vce_error **error: NULL if the
 *   caller doesn't care, otherwise set on failure to an error that the caller frees, and left
 *   alone on success.
 * - Handles are opaque. A const char * result is borrowed from its object and lives as long;
 *   a char * is handed over and goes to vce_string_free.
 * - const vce_client *: call from any thread at the same time. T *: one thread at a time. No other
 *   thread may be inside, or about to enter, any call with an object that is being freed.
 * - A thread that calls needs a stack of 64 KiB, and as much more as the program's thread-local
 *   variables take, which lie on it too.
 * - A panic inside becomes VCE_ERR_INTERNAL with its message in the error; nothing is printed.
 * - No function calls back, exits, or blocks beyond its time limit.
 * - One thing ends the process: where the system has no memory left, a line is printed and abort()
 *   called. What a call about one event takes is bounded, whatever it is given and whatever the
 *   server answers: 5 MiB. What the queue takes is bounded by queue_max_bytes and by 1 KiB for each
 *   event that was accepted before: a report without room for the server's answer has only the
 *   event's id, type and timestamp, or an error without the answer's body.
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
 * What a call came to. Zero is success; 10 to 29 are the caller's mistakes, found before
 * anything was sent; 40 to 49 concern the way to the server, 60 to 69 its answer, 80 to 89
 * the queue.
 */
typedef enum {
    /**
     * Success.
     */
    VCE_OK = 0,
    /**
     * An event list has no further event.
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
     * The client was closed.
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
     * The event type holds a character that is not allowed.
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
     * The conversation id has a wrong form.
     */
    VCE_ERR_CONVERSATION_ID = 27,
    /**
     * The member id has a wrong form.
     */
    VCE_ERR_MEMBER_ID = 28,
    /**
     * The event id has a wrong form.
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
     * The connection broke off midway.
     */
    VCE_ERR_NETWORK = 43,
    /**
     * The answer makes no sense, or is too large.
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
     * Too many requests: 429, or the `rate_limit` leaves no room in time.
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
     * The queue could not be stored.
     */
    VCE_ERR_STORAGE = 81,
    /**
     * A defect in libvce.
     */
    VCE_ERR_INTERNAL = 99,
} vce_status;

/**
 * What became of an event.
 */
typedef enum {
    /**
     * It certainly does not exist.
     */
    VCE_OUTCOME_NOT_CREATED = 0,
    /**
     * It exists.
     */
    VCE_OUTCOME_CREATED = 1,
    /**
     * It may exist: the request left, and no answer settled it. Repeating it may create it twice.
     */
    VCE_OUTCOME_MAYBE_CREATED = 2,
} vce_outcome;

/**
 * A connection to the Conversation API. Any number of threads at the same time.
 *
 * A child process that inherits a client by fork may use and free it: it gets connections, a
 * token, a queue and threads of its own, and leaves its parent's alone. It may have been forked
 * at any moment. A fork waits while the library looks a name up, at most for half a second.
 */
typedef struct vce_client vce_client;

/**
 * A client's settings. One thread at a time.
 */
typedef struct vce_config vce_config;

/**
 * Why a call failed, and what became of the event. Holds no secret.
 */
typedef struct vce_error vce_error;

/**
 * An event as the server described it. A field that the server left out is NULL, also the id of
 * an event that was created; only vce_event_json is always there.
 */
typedef struct vce_event vce_event;

/**
 * A conversation's events, fetched as they are asked for. One thread at a time.
 */
typedef struct vce_event_list vce_event_list;

/**
 * A delivery report: what became of an event that was enqueued.
 */
typedef struct vce_report vce_report;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library that is loaded, such as "0.1.0". Static; not freed.
 */
const char *vce_version(void);

/**
 * The name of a status, such as "VCE_ERR_TYPE_PREFIX"; for other numbers "VCE_ERR_UNKNOWN".
 * Static; not freed.
 */
const char *vce_status_name(int32_t status);

/**
 * Frees a text that a function handed over as char *. NULL is allowed.
 */
void vce_string_free(char *string);

/**
 * Checks an event type by the documented rules: it begins with "custom:", has at most 100
 * characters in all, and after the prefix only letters, digits, '-' and '_'.
 *
 * Answers VCE_ERR_TYPE_PREFIX, _EMPTY, _TOO_LONG or _CHARACTER, the first that applies.
 * Source: the Conversation API's documentation of custom events.
 */
vce_status vce_validate_type(const char *type, vce_error **error);

/**
 * Checks a body: one JSON object (RFC 8259, nested at most 128 deep) of at most 4096 bytes,
 * counted without insignificant whitespace.
 *
 * Answers VCE_ERR_BODY_JSON, _NOT_OBJECT or _TOO_LARGE, the first that applies.
 */
vce_status vce_validate_body(const char *body, vce_error **error);

/**
 * Settings with every option at its default. To be freed with vce_config_free.
 */
vce_config *vce_config_new(void);

/**
 * Sets an option; a value of NULL puts it back to its default. The README lists the options.
 * The value is copied and checked at once; VCE_ERR_CONFIG leaves the former one in place.
 */
vce_status vce_config_set(vce_config *config,
                          const char *name,
                          const char *value,
                          vce_error **error);

/**
 * Takes options from the environment: VONAGE_APPLICATION_ID, VONAGE_APPLICATION_PRIVATE_KEY_PATH,
 * VONAGE_PRIVATE_KEY (a path or the key itself), and VCE_ with any option's name in capitals,
 * such as VCE_TIMEOUT. Nothing else of the library reads the environment, but for the usual
 * proxy variables while the option proxy is "env".
 *
 * No other thread may change the environment meanwhile.
 */
vce_status vce_config_load_env(vce_config *config, vce_error **error);

/**
 * Frees settings. Clients made from them are not touched. NULL is allowed.
 */
void vce_config_free(vce_config *config);

/**
 * Makes a client from a copy of the settings. Reads the private key and ca_file, connects to
 * nothing, starts no thread. To be freed with vce_client_free.
 *
 * Answers VCE_ERR_CONFIG or VCE_ERR_CREDENTIALS.
 */
vce_status vce_client_new(const vce_config *config, vce_client **client, vce_error **error);

/**
 * Refuses new calls and events with VCE_ERR_CLOSED, and waits at most timeout_ms for the calls
 * that run in other threads and for the events that were enqueued. Then it cancels what is
 * left: such calls answer, and such events are reported with, VCE_ERR_CLOSED and the outcome
 * that the evidence gives. Reports can still be polled. No thread of the library is left then,
 * but those of an engine that is shared, one that still waits for the system to look a host's
 * name up, and one that watches over other clients' idle connections. Any thread may close;
 * closing again answers VCE_OK.
 *
 * Answers VCE_OK if nothing had to be cancelled, else VCE_ERR_TIMEOUT.
 */
vce_status vce_client_close(const vce_client *client, uint64_t timeout_ms, vce_error **error);

/**
 * Closes a client with no time and frees it; blocks no longer than the cancelling takes. With
 * engine=shared, events that were accepted are delivered all the same, without reports.
 *
 * No other thread may be inside, or about to enter, any call with the client: close it first,
 * which makes vce_poll and vce_flush return, join the threads that use it, then free it. Its
 * event lists stay, and answer VCE_ERR_CLOSED once they need the server. NULL is allowed.
 */
void vce_client_free(vce_client *client);

/**
 * Creates one event and waits for the answer, at most for the option timeout.
 *
 * from may be NULL, unless the token has a subject: VCE_ERR_MEMBER_ID. body is a JSON object; its
 * keys, numbers and strings are sent byte for byte. event may be NULL; else it is to be freed
 * with vce_event_free.
 *
 * Runs on the caller's thread, also in exit handlers and in destructors of threads. Only while
 * the host's name is looked up, which the system does without a time limit, a thread of the
 * library waits for the answer; the process has one for a name, and remembers it for 30 seconds.
 * Once several connections are idle, another one closes them after 15 seconds.
 *
 * Of several offences the first in this order is reported: arguments, conversation_id, type,
 * from, body; nothing is sent then. After any failure vce_error_outcome tells whether the
 * event exists all the same.
 */
vce_status vce_create_event(const vce_client *client,
                            const char *conversation_id,
                            const char *type,
                            const char *from,
                            const char *body,
                            vce_event **event,
                            vce_error **error);

/**
 * Fetches an event. It is to be freed with vce_event_free.
 */
vce_status vce_get_event(const vce_client *client,
                         const char *conversation_id,
                         const char *event_id,
                         vce_event **event,
                         vce_error **error);

/**
 * Deletes an event. The server may go on listing it, with a "deleted" timestamp. It is not
 * repeated once the request has left: the second answer would be VCE_ERR_NOT_FOUND.
 */
vce_status vce_delete_event(const vce_client *client,
                            const char *conversation_id,
                            const char *event_id,
                            vce_error **error);

/**
 * Lists a conversation's events; nothing is sent yet. The list is to be freed with
 * vce_event_list_free, before or after the client.
 */
vce_status vce_list_events(const vce_client *client,
                           const char *conversation_id,
                           vce_event_list **list,
                           vce_error **error);

/**
 * Narrows or orders a list before its first event is asked for; a value of NULL leaves the
 * choice to the server.
 *
 * type: only events of this type, which are picked out here. A type that begins with "custom:"
 * is never sent, since the server's filter does not support custom types, so the list fetches
 * every page: page_size "100" spares requests. Any other type is sent to the server too.
 * order: "asc" or "desc". page_size: "1" to "100", how many events are fetched at once.
 * start_id, end_id: the range of event ids. exclude_deleted: "true" or "false". Answers
 * VCE_ERR_ARGUMENT for anything else.
 */
vce_status vce_event_list_set(vce_event_list *list,
                              const char *name,
                              const char *value,
                              vce_error **error);

/**
 * The next event, to be freed with vce_event_free; VCE_END after the last. Fetches pages as
 * needed, at most for the option timeout. After an error the call can be repeated: no event
 * is passed over. VCE_ERR_RESPONSE if the server says that there is a next page, but not how to
 * ask for it.
 */
vce_status vce_event_list_next(vce_event_list *list, vce_event **event, vce_error **error);

/**
 * Frees a list. Its events are not touched. NULL is allowed.
 */
void vce_event_list_free(vce_event_list *list);

/**
 * The event's id as text, whether the server sent a number or a string. NULL if it sent none.
 */
const char *vce_event_id(const vce_event *event);

/**
 * The event type, or NULL.
 */
const char *vce_event_type(const vce_event *event);

/**
 * The member that the event comes from, or NULL.
 */
const char *vce_event_from(const vce_event *event);

/**
 * When the server created the event, as it wrote it (RFC 3339), or NULL.
 */
const char *vce_event_timestamp(const vce_event *event);

/**
 * The body's JSON, byte for byte the server's, or NULL.
 */
const char *vce_event_body(const vce_event *event);

/**
 * The whole resource's JSON, byte for byte the server's. NULL only for NULL.
 */
const char *vce_event_json(const vce_event *event);

/**
 * Frees an event and its texts. NULL is allowed.
 */
void vce_event_free(vce_event *event);

/**
 * What went wrong; VCE_ERR_ARGUMENT for NULL.
 */
vce_status vce_error_status(const vce_error *error);

/**
 * One sentence for a person: what, where, what to do. NULL only for NULL.
 */
const char *vce_error_message(const vce_error *error);

/**
 * Whether the event exists all the same: VCE_OUTCOME_NOT_CREATED or VCE_OUTCOME_MAYBE_CREATED.
 * Calls that create no event answer VCE_OUTCOME_NOT_CREATED. VCE_OUTCOME_MAYBE_CREATED for NULL,
 * which knows nothing.
 */
vce_outcome vce_error_outcome(const vce_error *error);

/**
 * Whether the same call may succeed later without creating an event twice (or, under
 * delivery=at_least_once, although it may). False for NULL.
 */
bool vce_error_is_retryable(const vce_error *error);

/**
 * How long the server asked to wait, in milliseconds; -1 if it did not say.
 */
int64_t vce_error_retry_after_ms(const vce_error *error);

/**
 * The byte of the first offence in a type, an id or a body; -1 if there is none.
 */
int64_t vce_error_offset(const vce_error *error);

/**
 * The HTTP status of the server's answer; 0 if there was none.
 */
int32_t vce_error_http_status(const vce_error *error);

/**
 * Vonage's code, such as "conversation:error:not-found"; or NULL.
 */
const char *vce_error_code(const vce_error *error);

/**
 * The problem details' title; or NULL.
 */
const char *vce_error_title(const vce_error *error);

/**
 * The problem details' detail, or an older version's description; or NULL.
 */
const char *vce_error_detail(const vce_error *error);

/**
 * What identifies the request towards Vonage's support; or NULL.
 */
const char *vce_error_trace_id(const vce_error *error);

/**
 * The answer's body as received, at most its first 64 KiB and not beyond a NUL byte; it need
 * not be UTF-8. NULL if there was no answer.
 */
const char *vce_error_response(const vce_error *error);

/**
 * Frees an error and its texts. NULL is allowed.
 */
void vce_error_free(vce_error *error);

/**
 * Accepts an event to be sent in the background: validates it, copies it and returns without
 * I/O. What becomes of it is told by a report, which carries tag; the tag means nothing to the
 * library. Each accepted event has exactly one report (unless the option reports thins them).
 *
 * from and body are as for vce_create_event. The events of a conversation are sent one after
 * the other in the order in which they were enqueued, also through retries; conversations run
 * in parallel, as many as the option connections says. An attempt has the time limit timeout,
 * the event's whole life delivery_timeout.
 *
 * The first event starts a thread of the library; there are at most connections plus one, and
 * one for a name lookup. They call nothing of the caller's, block its signals, and leave after
 * some seconds without work.
 * A process that ends does not wait for them: vce_flush or vce_client_close first.
 *
 * Answers what vce_create_event answers for an event that breaks a rule; VCE_ERR_CLOSED;
 * VCE_ERR_QUEUE_FULL (an event counts until its report has been taken); VCE_ERR_INTERNAL if
 * the system has no thread left. Nothing was accepted then.
 */
vce_status vce_enqueue_event(const vce_client *client,
                             const char *conversation_id,
                             const char *type,
                             const char *from,
                             const char *body,
                             uint64_t tag,
                             vce_error **error);

/**
 * The next delivery report, in the order in which events came to their ends; it is to be freed
 * with vce_report_free. NULL if none comes within timeout_ms, or at once if none can come any
 * more because the client is closed. UINT64_MAX is no limit.
 *
 * Threads that poll at the same time get different reports. vce_client_close makes them return
 * as soon as there is nothing more to report.
 */
vce_report *vce_poll(const vce_client *client, uint64_t timeout_ms);

/**
 * Waits until every event that was accepted has come to its end, those that other threads
 * enqueue meanwhile included; their reports may still wait for vce_poll. remaining may be NULL;
 * it is written in any case: how many events have not come to their end.
 *
 * Answers VCE_OK if no event is left, else VCE_ERR_TIMEOUT after timeout_ms. vce_client_close
 * finishes every event, so a flush in another thread returns.
 */
vce_status vce_flush(const vce_client *client,
                     uint64_t timeout_ms,
                     uint64_t *remaining,
                     vce_error **error);

/**
 * A descriptor that is readable exactly while reports wait for vce_poll: for epoll, asyncio,
 * stream_select. With edge-triggered epoll, poll until NULL after each edge.
 *
 * It is made at the first call and belongs to the client: it is neither to be read nor to be
 * closed, and gone when the client is freed. -1 if the system has none to give. A forked child
 * gets one of its own, and must ask for it.
 */
int vce_report_fd(const vce_client *client);

/**
 * Counters, as a JSON object; to be freed with vce_string_free. NULL for NULL.
 *
 * "queued": events that wait for their turn; "in_flight": those that are being sent; "reports":
 * reports that wait for vce_poll; "events" and "bytes": what counts against queue_max_events and
 * queue_max_bytes, with engine=shared for all handles; "accepted", "created", "maybe_created",
 * "not_created": events so far (accepted is the sum of queued, in_flight and the other three);
 * "not_created_by_status": an object from status names to counts; "retries": requests that were
 * repeated; "latency_ms": an object with "p50", "p90", "p99" and "max", from enqueuing to
 * creation, to two digits, null before the first; "engine": an object with "tokens_signed" and
 * "connections_opened", which also counts calls that wait, and other clients that share the
 * engine. More keys may come; these stay.
 */
char *vce_client_stats(const vce_client *client);

/**
 * The tag that the event was enqueued with; 0 for NULL.
 */
uint64_t vce_report_tag(const vce_report *report);

/**
 * What became of the event; VCE_OUTCOME_MAYBE_CREATED for NULL, which knows nothing.
 */
vce_outcome vce_report_outcome(const vce_report *report);

/**
 * The event as the server described it, borrowed from the report; NULL unless it was created,
 * and for NULL.
 */
const vce_event *vce_report_event(const vce_report *report);

/**
 * Why the event was not, or perhaps not, created, borrowed from the report; NULL if it was, and
 * for NULL.
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
