/* One caption to thousands of sockets in one call: a send() for each, and nothing of Python between two of them.

   Why in C: a loop of transport.write is 1.15 to 1.2 times a plain loop of send(), this is that loop (docs/fanout.md).
   Where it could not be compiled, serve/crowd.py writes through the transports; viewers get the same bytes. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <errno.h>
#include <sys/socket.h>

PyDoc_STRVAR(send_all_doc,
"send_all(fds, data) -> list[tuple[int, int]]\n\n"
"Sends data once to each of fds (an array of C ints), never waiting. Answers (place, bytes taken) for each that did not\n"
"take all of it; 0 bytes where it took nothing, for whatever reason: its transport finds out why.");

typedef struct {
    Py_ssize_t place;
    Py_ssize_t taken;
} Fell;

static PyObject *send_all(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer fds, data;
    if (!PyArg_ParseTuple(args, "y*y*:send_all", &fds, &data)) {
        return NULL;
    }
    Py_ssize_t count = fds.len / (Py_ssize_t)sizeof(int);
    Py_ssize_t fallen = 0;
    PyObject *answer = NULL;
    Fell *fell = NULL;
    if (fds.len % (Py_ssize_t)sizeof(int) != 0) {
        PyErr_SetString(PyExc_ValueError, "fds must be an array of C ints");
        goto done;
    }
    fell = PyMem_RawMalloc((size_t)(count ? count : 1) * sizeof(Fell));
    if (fell == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    const int *fd = fds.buf;
    Py_BEGIN_ALLOW_THREADS /* the audit's writer and the database need not wait for thousands of sends */
    for (Py_ssize_t place = 0; place < count; place++) {
        ssize_t taken;
        do {
            taken = send(fd[place], data.buf, (size_t)data.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        } while (taken < 0 && errno == EINTR);
        if (taken != data.len) {
            fell[fallen].place = place;
            fell[fallen].taken = taken < 0 ? 0 : taken;
            fallen++;
        }
    }
    Py_END_ALLOW_THREADS
    answer = PyList_New(fallen);
    for (Py_ssize_t i = 0; answer != NULL && i < fallen; i++) {
        PyObject *pair = Py_BuildValue("(nn)", fell[i].place, fell[i].taken);
        if (pair == NULL) {
            Py_CLEAR(answer);
        } else {
            PyList_SET_ITEM(answer, i, pair);
        }
    }
done:
    PyMem_RawFree(fell);
    PyBuffer_Release(&fds);
    PyBuffer_Release(&data);
    return answer;
}

static PyMethodDef methods[] = {
    {"send_all", send_all, METH_VARARGS, send_all_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "captiond.serve._batch",
    .m_doc = "One caption to many sockets in one call.",
    .m_size = 0,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__batch(void)
{
    return PyModuleDef_Init(&module);
}
