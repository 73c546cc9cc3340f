#define _GNU_SOURCE
#include "sandbox.h"
#include "check.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

extern char **environ;

static int admin_port;

/* Copies the text after "name":" up to the next quotation mark into a buffer. */
static void field(const char *json, const char *name, char *value, size_t size)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *start = strstr(json, key);
    if (start == NULL) {
        *value = '\0';
        return;
    }
    start += strlen(key);
    size_t length = strcspn(start, "\"");
    CHECK(length < size);
    memcpy(value, start, length);
    value[length] = '\0';
}

static void set_from(const char *variable, const char *json, const char *name)
{
    char value[512];
    field(json, name, value, sizeof value);
    CHECK(setenv(variable, value, 1) == 0);
}

/* Its standard input closes when this program ends; then the sandbox ends, too. */
static FILE *spawn_sandbox(void)
{
    char *arguments[] = {getenv("VCE_SANDBOX"), "--until-stdin-closes", "--tls", NULL};
    int input[2], output[2];
    pid_t pid;
    posix_spawn_file_actions_t actions;
    if (getenv("SANDBOX_PLAIN") != NULL)
        arguments[2] = NULL;
    CHECK(arguments[0] != NULL);
    CHECK(pipe2(input, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0);
    CHECK(posix_spawn_file_actions_init(&actions) == 0);
    CHECK(posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO) == 0);
    CHECK(posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO) == 0);
    CHECK(posix_spawn(&pid, arguments[0], &actions, NULL, arguments, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    close(input[0]);
    close(output[1]);
    return fdopen(output[0], "r");
}

void sandbox_start(void)
{
    char ready[2048], admin_url[64];
    FILE *output = spawn_sandbox();
    CHECK(output != NULL && fgets(ready, sizeof ready, output) != NULL);
    fclose(output);
    set_from("VONAGE_APPLICATION_ID", ready, "application_id");
    set_from("VONAGE_APPLICATION_PRIVATE_KEY_PATH", ready, "private_key_path");
    set_from("VCE_BASE_URL", ready, "base_url");
    set_from("VCE_CA_FILE", ready, "ca_file");
    field(ready, "admin_url", admin_url, sizeof admin_url);
    admin_port = atoi(strrchr(admin_url, ':') + 1);
}

void sandbox_use_name(void)
{
    char url[64];
    const char *port = strrchr(getenv("VCE_BASE_URL"), ':');
    snprintf(url, sizeof url, "%s://localhost%s", getenv("SANDBOX_PLAIN") == NULL ? "https" : "http", port);
    CHECK(setenv("VCE_BASE_URL", url, 1) == 0);
}

static int connect_to_admin(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)admin_port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(socket_fd >= 0);
    CHECK(connect(socket_fd, (struct sockaddr *)&address, sizeof address) == 0);
    return socket_fd;
}

/* The answer's body, to be freed. With HTTP/1.0 the answer ends when the connection closes. */
static char *ask(const char *method, const char *path, const char *body)
{
    size_t size = 1 << 16, length = 0;
    char *answer = malloc(size);
    int socket_fd = connect_to_admin();
    CHECK(dprintf(socket_fd, "%s %s HTTP/1.0\r\nContent-Length: %zu\r\n\r\n%s", method, path, strlen(body), body) > 0);
    for (ssize_t got; (got = read(socket_fd, answer + length, size - length - 1)) != 0; length += (size_t)got) {
        CHECK(got > 0);
        if (size - length - (size_t)got < 2)
            answer = realloc(answer, size *= 2);
        CHECK(answer != NULL);
    }
    close(socket_fd);
    answer[length] = '\0';
    char *start = strstr(answer, "\r\n\r\n");
    CHECK(start != NULL && strstr(answer, " 200 ") < start);
    memmove(answer, start + 4, strlen(start + 4) + 1);
    return answer;
}

struct conversation sandbox_conversation(void)
{
    struct conversation conversation;
    char *answer = ask("POST", "/conversations", "");
    field(answer, "conversation_id", conversation.id, sizeof conversation.id);
    CHECK(*conversation.id != '\0');
    free(answer);
    return conversation;
}

void sandbox_fault(const char *format, ...)
{
    char fault[1024], body[1100];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault, sizeof fault, format, arguments);
    va_end(arguments);
    snprintf(body, sizeof body, "{\"on\":\"create\",%s}", fault);
    free(ask("POST", "/faults", body));
}

void sandbox_forget_faults(void)
{
    free(ask("DELETE", "/faults", ""));
}

size_t sandbox_requests(const char *conversation_id)
{
    char path[128];
    size_t count = 0;
    char *answer = ask("GET", "/requests", "");
    snprintf(path, sizeof path, "/conversations/%s/events\"", conversation_id);
    for (const char *at = answer; (at = strstr(at, path)) != NULL; at += strlen(path))
        count++;
    free(answer);
    return count;
}

size_t sandbox_events(const char *conversation_id, long *numbers, size_t capacity)
{
    static const char BODY[] = "\"body\":{\"n\":";
    char path[128];
    size_t count = 0;
    snprintf(path, sizeof path, "/events?conversation_id=%s", conversation_id);
    char *answer = ask("GET", path, "");
    for (const char *at = answer; (at = strstr(at, BODY)) != NULL; count++) {
        at += strlen(BODY);
        if (count < capacity)
            numbers[count] = strtol(at, NULL, 10);
    }
    free(answer);
    return count;
}

long sandbox_connections(const char *name)
{
    char key[32];
    char *answer = ask("GET", "/connections", "");
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(answer, key);
    CHECK(at != NULL);
    long figure = strtol(at + strlen(key), NULL, 10);
    free(answer);
    return figure;
}
