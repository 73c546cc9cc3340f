/*
 * A program with many thread-local variables: they lie on the stack of each thread, also of the
 * library's threads.
 */
#include "check.h"
#include "client.h"
#include "sandbox.h"

enum { SIZE = 400 * 1024 };
static __thread volatile char thread_local_bytes[SIZE];

int main(void)
{
    sandbox_start();
    thread_local_bytes[SIZE - 1] = 1;
    struct conversation conversation = sandbox_conversation();
    vce_client *client = new_client();
    enqueue(client, conversation.id, 1);
    CHECK(take_created(client) == 1);
    CHECK(vce_client_close(client, UINT64_MAX, NULL) == VCE_OK);
    vce_client_free(client);
    return EXIT_SUCCESS;
}
