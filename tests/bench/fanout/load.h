/* The load client of `captiond bench fanout`: thousands of viewers of one server in one process, cheap enough not to be
 * what is measured. Commands come on stdin, one JSON object a command goes out on stdout; load.c lists them. */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING 65536u         /* publications whose times are kept: more than are ever on the way at once */
#define RECEIVE_BYTES 262144u /* one recv: a snapshot goes out in pieces of at most 64 KiB */
#define SMALL_BUFFER 4096   /* SO_RCVBUF of a slow viewer: a path that holds little, so that lateness is felt at once */
#define THROTTLE_TICKS 10   /* how often in a second a throttled viewer reads */

enum kind { NORMAL, STALLED, THROTTLED };
enum phase { FREE, CONNECTING, HEAD, HELLO, READY, REFUSED, GONE };

struct viewer {
    int fd;
    enum kind kind;
    enum phase phase;
    uint32_t last;        /* index of the newest message it has: where it resumes from */
    uint32_t carry_bytes; /* of a message that has not come whole */
    char *carry;
    uint64_t ready_ns;    /* when it had caught up; 0: not yet */
    uint64_t retry_ns;    /* when it may try again */
};

struct target {
    const char *host;
    int port;
    const char *path;
    bool websocket; /* else server-sent events */
    bool captions;  /* captions.v1: welcome and snapshot first; else ready with the response's head */
};

/* What came in since `tally_begin`. Latencies are of viewers that read all the time. */
struct tally {
    uint32_t first;        /* number of the first publication that counts */
    uint32_t published, completed;
    uint32_t expected;     /* deliveries that complete a publication */
    uint64_t delivered, recvs, with_captions, bytes;
    uint64_t repeated;     /* an index that did not rise */
    uint64_t skipped;      /* indexes that one normal viewer never saw */
    uint64_t odd;          /* messages that are no captions, where none is expected */
    uint64_t slow_captions, notices, resyncs, byes;
};

extern struct target target;
extern struct tally tally;
extern uint32_t base_index; /* of the message before the first publication */
extern bool base_known;
extern char epoch[32];

uint64_t now_ns(void);
void die(const char *what) __attribute__((noreturn));

/* tally.c */
void tally_open(const char *times_path);
void tally_begin(uint32_t expected);
void tally_sent(uint32_t number, uint64_t at_ns);
void tally_caption(uint32_t index, uint64_t at_ns);
void tally_print(const char *command, uint64_t wall_ns, uint64_t cpu_ns);
void histogram_add(uint32_t *counts, uint64_t ns);
double histogram_ms(const uint32_t *counts, double quantile);
#define BUCKETS 4096

/* publish.c */
void publisher_open(const char *kind, const char *where);
void captions_open(const char *path);
void publish(unsigned burst, bool one_frame);
uint32_t published_so_far(void);
int publisher_fd(void);
void publisher_drain(void);

/* viewers.c */
extern struct viewer *viewers;
extern unsigned viewer_count;
void viewers_open(unsigned most);
void viewers_dial(struct viewer *v);
void viewers_event(struct viewer *v, uint32_t events);
void viewers_throttled(unsigned bytes_per_second, uint64_t at_ns);
void viewers_hang_up(struct viewer *v);
unsigned viewers_in(enum phase phase);
unsigned viewers_of(enum kind kind);
extern uint64_t refusals, closed_by_server;
extern int last_status;
extern int poll_fd;

#endif
