/*
 * Checks an event type and a body, without network or credentials.
 *
 *     cc validate.c -I../../../include -L../../../target/release -lvce -o validate
 *     ./validate custom:order_paid '{"total":12}'
 */
#include <stdio.h>
#include <stdlib.h>
#include <vce.h>

/* Prints what is wrong, and points at the wrong byte. */
static void explain(const char *text, vce_error *error)
{
    long long offset = (long long)vce_error_offset(error);
    printf("%s: %s\n", vce_status_name(vce_error_status(error)), vce_error_message(error));
    if (offset >= 0 && offset < 72)
        printf("    %.72s\n    %*s^\n", text, (int)offset, "");
    vce_error_free(error);
}

int main(int argc, char **argv)
{
    vce_error *error = NULL;
    int wrong = 0;

    if (argc < 2 || argc > 3) {
        fputs("Usage: validate TYPE [BODY]\n", stderr);
        return EXIT_FAILURE;
    }
    if (vce_validate_type(argv[1], &error) != VCE_OK) {
        explain(argv[1], error);
        wrong++;
    }
    if (argc == 3 && vce_validate_body(argv[2], &error) != VCE_OK) {
        explain(argv[2], error);
        wrong++;
    }
    if (wrong == 0)
        puts("valid");
    return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
