/* load HOST PORT PATH ws|sse captions|plain PUBLISHER WHERE CAPTIONS-FILE TIMES-FILE
 *
 * PUBLISHER: `lines` (WHERE is a port: a JSON line for each caption), `post` (WHERE is a port and a path), `feed` (WHERE is
 * an inherited socket: a byte for each burst). Commands on stdin, each answered by one JSON object on stdout:
 *
 *   connect N KIND WINDOW BPS   N more viewers (normal, stalled, throttled), WINDOW handshakes at a time; BPS of throttled
 *   closed MS INFLIGHT BURST F  a new burst as soon as all viewers have an older one, for MS; F: 1 one frame, 0 one each
 *   open RATE MS                captions at an even pace, whatever comes back
 *   drop KIND                   these viewers hang up
 *   storm AWAY RATE             all hang up; AWAY captions pass; all come back at once while RATE captions a second go on
 *   rest MS                     only reads
 */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MOST_VIEWERS 65536
#define LATE_NS 10000000000ull /* a caption that is not with everybody after so long is lost */
#define CONNECT_NS 120000000000ull

struct target target;
static unsigned bytes_per_second = 1000;

uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, errno ? strerror(errno) : "failed");
    exit(1);
}

/* One round of events. `wait_ms` 0 spins, giving way: a sleeping reader would have the server pay for waking it. */
static bool pump(int wait_ms)
{
    static struct epoll_event events[512];
    bool asked = false;
    int count = epoll_wait(poll_fd, events, 512, wait_ms);
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == NULL)
            asked = true;
        else if (events[i].data.ptr == &target)
            publisher_drain();
        else
            viewers_event(events[i].data.ptr, events[i].events);
    }
    if (count == 0 && wait_ms == 0)
        sched_yield();
    viewers_throttled(bytes_per_second, now_ns());
    return asked;
}

static void connect_more(unsigned more, enum kind kind, unsigned window)
{
    uint64_t begun = now_ns(), cpu = cpu_ns();
    unsigned first = viewer_count, next = first, last = first + more;
    uint64_t refused_before = refusals;
    if (last > MOST_VIEWERS)
        die("too many viewers");
    for (unsigned i = first; i < last; i++) {
        viewers[i] = (struct viewer){.fd = -1, .kind = kind, .phase = FREE};
    }
    viewer_count = last;
    while (next < last || viewers_in(CONNECTING) + viewers_in(HEAD) + viewers_in(HELLO) + viewers_in(REFUSED) > 0) {
        uint64_t now = now_ns();
        while (next < last && viewers_in(CONNECTING) + viewers_in(HEAD) + viewers_in(HELLO) < window)
            viewers_dial(&viewers[next++]);
        if (viewers_in(REFUSED))
            for (unsigned i = first; i < last; i++)
                if (viewers[i].phase == REFUSED && viewers[i].retry_ns <= now)
                    viewers_dial(&viewers[i]);
        pump(10);
        if (now - begun > CONNECT_NS) {
            fprintf(stderr, "load: %u of %u connected; the last refusal was %d\n", viewers_of(kind), more, last_status);
            exit(1);
        }
    }
    printf("{\"command\":\"connect\",\"ready\":%u,\"refused\":%llu,\"lastStatus\":%d,\"wallS\":%.6f,\"clientCpuS\":%.6f}\n",
           viewers_of(kind), (unsigned long long)(refusals - refused_before), last_status,
           (double)(now_ns() - begun) / 1e9, (double)(cpu_ns() - cpu) / 1e9);
    fflush(stdout);
}

static void closed_loop(unsigned ms, unsigned in_flight, unsigned burst, bool one_frame)
{
    uint64_t cpu = cpu_ns(), begun = now_ns(), until = begun + ms * 1000000ull;
    tally_begin(viewers_of(NORMAL));
    for (;;) {
        uint64_t now = now_ns();
        while (now < until && tally.published - tally.completed + burst <= in_flight)
            publish(burst, one_frame);
        if (now >= until && (tally.completed == tally.published || now > until + LATE_NS))
            break;
        pump(0);
    }
    tally_print("closed", now_ns() - begun, cpu_ns() - cpu);
}

static void open_loop(double rate, unsigned ms)
{
    uint64_t cpu = cpu_ns(), begun = now_ns(), count = (uint64_t)(rate * ms / 1000.0 + 0.5);
    uint64_t end = begun + ms * 1000000ull;
    tally_begin(viewers_of(NORMAL));
    for (;;) {
        uint64_t now = now_ns(), due = begun + (uint64_t)((double)tally.published / rate * 1e9);
        if (tally.published < count && now >= due) {
            publish(1, true);
            continue;
        }
        if (tally.published == count && now >= end && (tally.completed == count || now > end + LATE_NS / 2))
            break;
        uint64_t next = tally.published < count ? due : now < end ? end : now + 1000000;
        /* Sleeps whole milliseconds, and spins the rest of one away: a reader that wakes late would be measured. */
        pump(next > now + 1000000 ? (int)((next - now) / 1000000) : tally.published < count ? 0 : 1);
    }
    tally_print("open", now_ns() - begun, cpu_ns() - cpu);
}

static void rest(unsigned ms)
{
    uint64_t until = now_ns() + ms * 1000000ull, now;
    while ((now = now_ns()) < until)
        pump((int)((until - now) / 1000000) + 1);
    printf("{\"command\":\"rest\"}\n");
    fflush(stdout);
}

static void drop(enum kind kind)
{
    unsigned kept = 0, dropped = 0, places = viewer_count;
    while (places && viewers[places - 1].kind == kind)
        places--; /* slow viewers come last: their places are free again */
    for (unsigned i = 0; i < viewer_count; i++) {
        if (viewers[i].kind == kind && viewers[i].phase != GONE) {
            viewers_hang_up(&viewers[i]);
            dropped++;
        } else
            kept++;
    }
    viewer_count = places;
    printf("{\"command\":\"drop\",\"dropped\":%u,\"kept\":%u}\n", dropped, kept);
    fflush(stdout);
}

static void storm(unsigned away, double rate)
{
    static uint32_t times[BUCKETS];
    unsigned count = viewer_count, caught_up = 0, later = 0;
    uint64_t refused_before = refusals, cpu = cpu_ns(), dropped, returned, last = 0;
    memset(times, 0, sizeof times);
    tally_begin(count);
    dropped = now_ns();
    for (unsigned i = 0; i < count; i++)
        viewers_hang_up(&viewers[i]);
    for (unsigned i = 0; i < away; i++)
        publish(1, true);
    uint32_t goal = base_index + published_so_far();
    for (uint64_t until = now_ns() + 200000000ull + away * 1000000ull; now_ns() < until;)
        pump(10); /* what was said while they were away is in the log before they are back */
    returned = now_ns();
    for (unsigned i = 0; i < count; i++)
        viewers_dial(&viewers[i]);
    bool *done = calloc(count, sizeof *done);
    while (caught_up < count) {
        uint64_t now = now_ns();
        if (now - returned > CONNECT_NS)
            break;
        if (rate > 0 && now >= returned + (uint64_t)((double)(later + 1) / rate * 1e9)) {
            publish(1, true);
            later++;
        }
        pump(1);
        now = now_ns();
        for (unsigned i = 0; i < count; i++) {
            struct viewer *v = &viewers[i];
            if (!done[i] && v->phase == READY && v->last >= goal) {
                done[i] = true;
                caught_up++;
                last = now;
                histogram_add(times, now - returned);
            } else if ((v->phase == REFUSED || v->phase == GONE) && v->retry_ns <= now)
                viewers_dial(v);
        }
    }
    free(done);
    printf("{\"command\":\"storm\",\"viewers\":%u,\"caughtUp\":%u,\"away\":%u,\"live\":%u,\"refused\":%llu,\"lastStatus\":%d,"
           "\"repeated\":%llu,\"hangUpS\":%.6f,\"p50Ms\":%.3f,\"p99Ms\":%.3f,\"allS\":%.6f,\"clientCpuS\":%.6f}\n",
           count, caught_up, away, later, (unsigned long long)(refusals - refused_before), last_status,
           (unsigned long long)tally.repeated, (double)(returned - dropped) / 1e9, histogram_ms(times, 0.5),
           histogram_ms(times, 0.99), (double)(last - returned) / 1e9, (double)(cpu_ns() - cpu) / 1e9);
    fflush(stdout);
}

static enum kind kind_of(const char *name)
{
    return name[0] == 's' ? STALLED : name[0] == 't' ? THROTTLED : NORMAL;
}

static void obey(const char *line)
{
    char name[16];
    unsigned a = 0, b = 0, c = 0, d = 0;
    double rate = 0;
    if (sscanf(line, "connect %u %15s %u %u", &a, name, &b, &c) == 4) {
        if (c)
            bytes_per_second = c;
        connect_more(a, kind_of(name), b);
    } else if (sscanf(line, "closed %u %u %u %u", &a, &b, &c, &d) == 4)
        closed_loop(a, b, c, d != 0);
    else if (sscanf(line, "open %lf %u", &rate, &a) == 2)
        open_loop(rate, a);
    else if (sscanf(line, "drop %15s", name) == 1)
        drop(kind_of(name));
    else if (sscanf(line, "storm %u %lf", &a, &rate) == 2)
        storm(a, rate);
    else if (sscanf(line, "rest %u", &a) == 1)
        rest(a);
    else {
        errno = 0;
        die("no such command");
    }
}

int main(int argc, char **argv)
{
    static char commands[4096];
    size_t have = 0;
    struct rlimit files;
    if (argc != 10) {
        fprintf(stderr, "load: wrong usage\n");
        return 2;
    }
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    target = (struct target){.host = argv[1],
                             .port = atoi(argv[2]),
                             .path = argv[3],
                             .websocket = strcmp(argv[4], "ws") == 0,
                             .captions = strcmp(argv[5], "captions") == 0};
    poll_fd = epoll_create1(0);
    viewers_open(MOST_VIEWERS);
    tally_open(argv[9]);
    captions_open(argv[8]);
    publisher_open(argv[6], argv[7]);
    struct epoll_event orders = {.events = EPOLLIN, .data.ptr = NULL}, answers = {.events = EPOLLIN, .data.ptr = &target};
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    if (poll_fd < 0 || epoll_ctl(poll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &orders) != 0)
        die("epoll");
    if (strcmp(argv[6], "post") == 0)
        epoll_ctl(poll_fd, EPOLL_CTL_ADD, publisher_fd(), &answers);
    for (;;) {
        char *end;
        if (!pump(100))
            continue;
        ssize_t got = read(STDIN_FILENO, commands + have, sizeof commands - have - 1);
        if (got == 0)
            return 0;
        if (got < 0)
            continue;
        commands[have += (size_t)got] = 0;
        while ((end = strchr(commands, '\n')) != NULL) {
            *end = 0;
            obey(commands);
            have -= (size_t)(end + 1 - commands);
            memmove(commands, end + 1, have + 1);
        }
    }
}
