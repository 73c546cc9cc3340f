/* Runs Python in a subinterpreter, as mod_wsgi does for instance. */

void *PyThreadState_Get(void);
void *PyThreadState_Swap(void *state);
void *Py_NewInterpreter(void);
void Py_EndInterpreter(void *state);
int PyRun_SimpleStringFlags(const char *script, void *flags);

int run_in_subinterpreter(const char *script);

int run_in_subinterpreter(const char *script)
{
    void *host = PyThreadState_Get();
    void *inner = Py_NewInterpreter();
    int failed = PyRun_SimpleStringFlags(script, (void *)0);

    Py_EndInterpreter(inner);
    PyThreadState_Swap(host);
    return failed;
}
