/* Assertions: a failed one prints where and why, and ends the program. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vce.h>

#define CHECK(condition)                                                                    \
    do {                                                                                    \
        if (!(condition)) {                                                                 \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);         \
            exit(EXIT_FAILURE);                                                             \
        }                                                                                   \
    } while (0)

/* The call must succeed; otherwise its error is printed. */
#define CHECK_OK(call)                                                                      \
    do {                                                                                    \
        vce_status check_status = (call);                                                   \
        if (check_status != VCE_OK) {                                                       \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__,                          \
                    vce_status_name(check_status), vce_error_message(error));               \
            exit(EXIT_FAILURE);                                                             \
        }                                                                                   \
    } while (0)

/* The call must fail with this status, also in the error, which is freed. */
#define CHECK_FAILS(expected, call)                                                         \
    do {                                                                                    \
        vce_status check_status = (call);                                                   \
        CHECK(check_status == (expected));                                                  \
        CHECK(error != NULL);                                                               \
        CHECK(vce_error_status(error) == (expected));                                       \
        CHECK(vce_error_message(error) != NULL && strlen(vce_error_message(error)) > 10);   \
        vce_error_free(error);                                                              \
        error = NULL;                                                                       \
    } while (0)

#endif
