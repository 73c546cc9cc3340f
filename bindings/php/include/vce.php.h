#define FFI_SCOPE "VCE"
#define FFI_LIB "libvce.so.0"
/* libvce for PHP's FFI. Generated from the library's source. Change the source, not this file. */

typedef enum {
    VCE_OK = 0,
    VCE_END = 1,
    VCE_ERR_ARGUMENT = 10,
    VCE_ERR_CONFIG = 11,
    VCE_ERR_CREDENTIALS = 12,
    VCE_ERR_CLOSED = 13,
    VCE_ERR_TYPE_PREFIX = 20,
    VCE_ERR_TYPE_EMPTY = 21,
    VCE_ERR_TYPE_TOO_LONG = 22,
    VCE_ERR_TYPE_CHARACTER = 23,
    VCE_ERR_BODY_JSON = 24,
    VCE_ERR_BODY_NOT_OBJECT = 25,
    VCE_ERR_BODY_TOO_LARGE = 26,
    VCE_ERR_CONVERSATION_ID = 27,
    VCE_ERR_MEMBER_ID = 28,
    VCE_ERR_EVENT_ID = 29,
    VCE_ERR_CONNECT = 40,
    VCE_ERR_TLS = 41,
    VCE_ERR_TIMEOUT = 42,
    VCE_ERR_NETWORK = 43,
    VCE_ERR_RESPONSE = 44,
    VCE_ERR_BAD_REQUEST = 60,
    VCE_ERR_UNAUTHORIZED = 61,
    VCE_ERR_FORBIDDEN = 62,
    VCE_ERR_NOT_FOUND = 63,
    VCE_ERR_RATE_LIMITED = 64,
    VCE_ERR_SERVER = 65,
    VCE_ERR_QUEUE_FULL = 80,
    VCE_ERR_STORAGE = 81,
    VCE_ERR_INTERNAL = 99,
} vce_status;

typedef enum {
    VCE_OUTCOME_NOT_CREATED = 0,
    VCE_OUTCOME_CREATED = 1,
    VCE_OUTCOME_MAYBE_CREATED = 2,
} vce_outcome;

typedef struct vce_client vce_client;

typedef struct vce_config vce_config;

typedef struct vce_error vce_error;

typedef struct vce_event vce_event;

typedef struct vce_event_list vce_event_list;

typedef struct vce_report vce_report;

const char *vce_version(void);

const char *vce_status_name(int32_t status);

void vce_string_free(char *string);

vce_status vce_validate_type(const char *type, vce_error **error);

vce_status vce_validate_body(const char *body, vce_error **error);

vce_config *vce_config_new(void);

vce_status vce_config_set(vce_config *config,
                          const char *name,
                          const char *value,
                          vce_error **error);

vce_status vce_config_load_env(vce_config *config, vce_error **error);

void vce_config_free(vce_config *config);

vce_status vce_client_new(const vce_config *config, vce_client **client, vce_error **error);

vce_status vce_client_close(const vce_client *client, uint64_t timeout_ms, vce_error **error);

void vce_client_free(vce_client *client);

vce_status vce_create_event(const vce_client *client,
                            const char *conversation_id,
                            const char *type,
                            const char *from,
                            const char *body,
                            vce_event **event,
                            vce_error **error);

vce_status vce_get_event(const vce_client *client,
                         const char *conversation_id,
                         const char *event_id,
                         vce_event **event,
                         vce_error **error);

vce_status vce_delete_event(const vce_client *client,
                            const char *conversation_id,
                            const char *event_id,
                            vce_error **error);

vce_status vce_list_events(const vce_client *client,
                           const char *conversation_id,
                           vce_event_list **list,
                           vce_error **error);

vce_status vce_event_list_set(vce_event_list *list,
                              const char *name,
                              const char *value,
                              vce_error **error);

vce_status vce_event_list_next(vce_event_list *list, vce_event **event, vce_error **error);

void vce_event_list_free(vce_event_list *list);

const char *vce_event_id(const vce_event *event);

const char *vce_event_type(const vce_event *event);

const char *vce_event_from(const vce_event *event);

const char *vce_event_timestamp(const vce_event *event);

const char *vce_event_body(const vce_event *event);

const char *vce_event_json(const vce_event *event);

void vce_event_free(vce_event *event);

vce_status vce_error_status(const vce_error *error);

const char *vce_error_message(const vce_error *error);

vce_outcome vce_error_outcome(const vce_error *error);

bool vce_error_is_retryable(const vce_error *error);

int64_t vce_error_retry_after_ms(const vce_error *error);

int64_t vce_error_offset(const vce_error *error);

int32_t vce_error_http_status(const vce_error *error);

const char *vce_error_code(const vce_error *error);

const char *vce_error_title(const vce_error *error);

const char *vce_error_detail(const vce_error *error);

const char *vce_error_trace_id(const vce_error *error);

const char *vce_error_response(const vce_error *error);

void vce_error_free(vce_error *error);

vce_status vce_enqueue_event(const vce_client *client,
                             const char *conversation_id,
                             const char *type,
                             const char *from,
                             const char *body,
                             uint64_t tag,
                             vce_error **error);

vce_report *vce_poll(const vce_client *client, uint64_t timeout_ms);

vce_status vce_flush(const vce_client *client,
                     uint64_t timeout_ms,
                     uint64_t *remaining,
                     vce_error **error);

int vce_report_fd(const vce_client *client);

char *vce_client_stats(const vce_client *client);

uint64_t vce_report_tag(const vce_report *report);

vce_outcome vce_report_outcome(const vce_report *report);

const vce_event *vce_report_event(const vce_report *report);

const vce_error *vce_report_error(const vce_report *report);

void vce_report_free(vce_report *report);
