/* Viewers: they ask for the stream, read it whole message by whole message, answer pings, and may be slow on purpose. */
#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct viewer *viewers;
unsigned viewer_count;
uint64_t refusals, closed_by_server;
int last_status;
int poll_fd;
char epoch[32];

static unsigned in_phase[GONE + 1];
static char buffer[2 * RECEIVE_BYTES];

void viewers_open(unsigned most)
{
    viewers = calloc(most, sizeof *viewers);
    if (!viewers)
        die("memory for viewers");
}

static void enter(struct viewer *v, enum phase phase)
{
    in_phase[v->phase]--;
    in_phase[v->phase = phase]++;
}

unsigned viewers_in(enum phase phase) { return in_phase[phase]; }

unsigned viewers_of(enum kind kind)
{
    unsigned count = 0;
    for (unsigned i = 0; i < viewer_count; i++)
        count += viewers[i].kind == kind && viewers[i].phase == READY;
    return count;
}

void viewers_hang_up(struct viewer *v)
{
    if (v->fd >= 0)
        close(v->fd);
    v->fd = -1;
    free(v->carry);
    v->carry = NULL;
    v->carry_bytes = 0;
    enter(v, GONE);
}

/* As a client that comes back: after 250 to 500 ms, by its place in the list, so that no two runs differ. */
static void come_back_later(struct viewer *v)
{
    v->retry_ns = now_ns() + 250000000ull + (uint64_t)(v - viewers) * 2654435761u % 250000000u;
}

static void closed(struct viewer *v)
{
    if (v->phase == READY)
        closed_by_server++;
    viewers_hang_up(v);
    come_back_later(v);
}

static void refused(struct viewer *v, int status)
{
    refusals++;
    last_status = status;
    viewers_hang_up(v);
    enter(v, REFUSED);
    come_back_later(v);
}

void viewers_dial(struct viewer *v)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)target.port)};
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = v};
    int one = 1, small = SMALL_BUFFER;
    inet_pton(AF_INET, target.host, &to.sin_addr);
    v->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (v->fd < 0)
        die("a socket (is the limit of open files too low?)");
    setsockopt(v->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (v->kind != NORMAL)
        setsockopt(v->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small); /* before connecting: it sets the window */
    v->ready_ns = 0;
    enter(v, CONNECTING);
    if (connect(v->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)
        die("connect");
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, v->fd, &event) != 0)
        die("epoll_ctl");
}

static void ask(struct viewer *v)
{
    char request[1024], position[80] = "";
    int length;
    if (v->last && epoch[0])
        snprintf(position, sizeof position, "%cposition=%s.%u", strchr(target.path, '?') ? '&' : '?', epoch, v->last);
    if (target.websocket) /* the key of RFC 6455's example: its answer is known, and not checked here */
        length = snprintf(request, sizeof request,
                          "GET %s%s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                          target.path, position);
    else
        length = snprintf(request, sizeof request,
                          "GET %s%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n", target.path,
                          position);
    if (send(v->fd, request, (size_t)length, MSG_NOSIGNAL) != length)
        closed(v);
    else
        enter(v, HEAD);
}

/* The first decimal number behind `key` in the first bytes of a message; 0 where there is none. */
static uint32_t number_behind(const char *json, size_t length, const char *key, size_t key_length)
{
    const char *end = json + length, *at = memmem(json, length < 96 ? length : 96, key, key_length);
    uint32_t number = 0;
    if (!at)
        return 0;
    for (at += key_length; at < end && *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (uint32_t)(*at - '0');
    return number;
}

static void screen_replaced(struct viewer *v, const char *json, size_t length)
{
    static const char key[] = "\"position\":\"";
    const char *at = memmem(json, length < 200 ? length : 200, key, sizeof key - 1), *dot;
    if (!at || !(dot = memchr(at += sizeof key - 1, '.', 32)))
        return;
    size_t letters = (size_t)(dot - at);
    if (letters < sizeof epoch) {
        memcpy(epoch, at, letters);
        epoch[letters] = 0;
    }
    v->last = (uint32_t)strtoul(dot + 1, NULL, 10);
    if (!base_known) {
        base_known = true;
        base_index = v->last;
    }
}

static void ready(struct viewer *v, uint64_t at_ns)
{
    if (v->phase == HELLO) {
        enter(v, READY);
        if (v->ready_ns == 0)
            v->ready_ns = at_ns;
        if (v->kind != NORMAL)
            epoll_ctl(poll_fd, EPOLL_CTL_DEL, v->fd, NULL); /* read by the clock from now on, or never */
    } else if (v->kind != NORMAL)
        tally.resyncs++;
}

/* One whole message. Answers whether it was a caption. */
static bool message(struct viewer *v, const char *json, size_t length, uint64_t at_ns)
{
    static const char type[] = "{\"type\":\"";
    if (length < 12 || memcmp(json, type, sizeof type - 1) != 0) {
        tally.odd++;
        return false;
    }
    const char *name = json + sizeof type - 1;
    switch (name[0]) {
    case 'c': { /* caption */
        uint32_t index = number_behind(json, length, "\"index\":", 8);
        if (index <= v->last)
            tally.repeated++;
        if (v->kind != NORMAL)
            tally.slow_captions++;
        else {
            if (index > v->last + 1 && v->last)
                tally.skipped += index - v->last - 1;
            tally_caption(index, at_ns);
        }
        v->last = index;
        return true;
    }
    case 's': /* snapshot, session */
        if (name[1] == 'n') {
            screen_replaced(v, json, length);
            ready(v, at_ns);
            return false;
        }
        tally.odd++;
        break;
    case 'w': /* welcome; with a replay, its position is where that begins */
        if (memmem(json, length, "\"recovered\":true", 16)) {
            if (!base_known)
                screen_replaced(v, json, length);
            ready(v, at_ns);
        }
        return false;
    case 'n':
        tally.notices++;
        return false;
    case 'b':
        tally.byes++;
        return false;
    case 'p':
        return false;
    default: /* gap, retraction: nothing that was said calls for them */
        tally.odd++;
    }
    v->last = number_behind(json, length, "\"index\":", 8);
    return false;
}

static void pong(struct viewer *v, const char *payload, size_t length)
{
    char frame[2 + 4 + 125] = {(char)0x8a, (char)(0x80 | length)}; /* masked with zeros: that changes no byte */
    memcpy(frame + 6, payload, length);
    send(v->fd, frame, 6 + length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Takes whole frames; answers the bytes taken. */
static size_t frames(struct viewer *v, const char *bytes, size_t length, uint64_t at_ns, bool *captions)
{
    size_t at = 0;
    while (length - at >= 2 && v->phase >= HELLO && v->phase <= READY) {
        const unsigned char *head = (const unsigned char *)bytes + at;
        size_t size = head[1] & 127, head_bytes = 2;
        if (head[1] & 128)
            die("a server's frame is masked");
        if (size == 126) {
            if (length - at < 4)
                break;
            size = (size_t)head[2] << 8 | head[3];
            head_bytes = 4;
        } else if (size == 127) {
            if (length - at < 10)
                break;
            size = (size_t)head[6] << 24 | (size_t)head[7] << 16 | (size_t)head[8] << 8 | head[9];
            head_bytes = 10;
        }
        if (length - at < head_bytes + size)
            break;
        const char *payload = bytes + at + head_bytes;
        at += head_bytes + size;
        if ((head[0] & 15) == 1)
            *captions |= message(v, payload, size, at_ns);
        else if ((head[0] & 15) == 9 && size <= 125)
            pong(v, payload, size);
        else if ((head[0] & 15) == 8) {
            closed(v);
            return length;
        }
    }
    return at;
}

/* Takes whole events; lengths of chunks between them are passed over. */
static size_t events(struct viewer *v, const char *bytes, size_t length, uint64_t at_ns, bool *captions)
{
    const char *at = bytes, *end = bytes + length, *stop;
    while ((stop = memmem(at, (size_t)(end - at), "\n\n", 2)) != NULL) {
        const char *data = memmem(at, (size_t)(stop - at), "data: ", 6);
        if (data)
            *captions |= message(v, data + 6, (size_t)(stop - data - 6), at_ns);
        at = stop + 2;
    }
    return (size_t)(at - bytes);
}

static size_t head(struct viewer *v, const char *bytes, size_t length, uint64_t at_ns)
{
    const char *end = memmem(bytes, length, "\r\n\r\n", 4);
    int status;
    if (!end)
        return 0;
    status = length > 12 ? atoi(bytes + 9) : 0;
    if (status != (target.websocket ? 101 : 200)) {
        refused(v, status);
        return length;
    }
    enter(v, HELLO);
    if (!target.captions) {
        base_known = true;
        ready(v, at_ns);
    }
    return (size_t)(end + 4 - bytes);
}

/* Reads once, at most `most` bytes. False where there was nothing. */
static bool read_once(struct viewer *v, size_t most)
{
    size_t have = v->carry_bytes, taken = 0;
    if (have)
        memcpy(buffer, v->carry, have);
    if (most > sizeof buffer - have)
        die("a message is longer than the buffer");
    ssize_t got = recv(v->fd, buffer + have, most, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return false;
    if (got <= 0) {
        if (v->phase == HEAD || v->phase == HELLO || v->phase == CONNECTING)
            refused(v, 0);
        else
            closed(v);
        return false;
    }
    uint64_t at_ns = now_ns();
    bool captions = false;
    tally.recvs++;
    tally.bytes += (uint64_t)got;
    have += (size_t)got;
    if (v->phase == HEAD)
        taken = head(v, buffer, have, at_ns);
    if (v->phase == HELLO || v->phase == READY)
        taken += (target.websocket ? frames : events)(v, buffer + taken, have - taken, at_ns, &captions);
    tally.with_captions += captions && v->kind == NORMAL;
    if (v->fd < 0)
        return false;
    if (have > taken) {
        char *carry = realloc(v->carry, have - taken);
        if (!carry)
            die("memory");
        memcpy(carry, buffer + taken, have - taken);
        v->carry = carry;
    }
    v->carry_bytes = (uint32_t)(have - taken);
    return (size_t)got == most;
}

void viewers_event(struct viewer *v, uint32_t events_)
{
    if (v->phase == CONNECTING && (events_ & (EPOLLOUT | EPOLLERR | EPOLLHUP))) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(v->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error)
            refused(v, 0);
        else
            ask(v);
    }
    if (events_ & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        while (v->phase >= HEAD && v->phase <= READY && read_once(v, RECEIVE_BYTES))
            ; /* less than was asked for: that was all there is */
}

/* To be called often; each throttled viewer reads its share of a second's bytes every tenth of a second. */
void viewers_throttled(unsigned bytes_per_second, uint64_t at_ns)
{
    static uint64_t next_ns;
    if (at_ns < next_ns)
        return;
    next_ns = at_ns + 1000000000ull / THROTTLE_TICKS;
    for (unsigned i = 0; i < viewer_count; i++)
        if (viewers[i].kind == THROTTLED && viewers[i].phase == READY)
            read_once(&viewers[i], bytes_per_second / THROTTLE_TICKS);
}
