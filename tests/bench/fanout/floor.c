/* floor SNDBUF LOWAT: the least that a fan-out can cost. A caption comes as a line, is framed once for each transport,
 * and goes to each viewer in one plain send(). Nothing else: no queue, no parsing, no accounting. Says its two ports on
 * stdout; answers any viewer of /ws as a WebSocket, any other as an event stream; 0 leaves a kernel buffer as it is. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 65536
#define LINE_BYTES 65536
#ifndef TCP_NOTSENT_LOWAT
#define TCP_NOTSENT_LOWAT 25
#endif

static int polled, viewers_at, lines_at;
static int send_buffer, low_water;
static int websockets[MOST], streams[MOST];
static unsigned websocket_count, stream_count;

static void die(const char *what)
{
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void watch(int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(polled, EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll_ctl");
}

static int listening(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 4096) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) != 0)
        die("listening");
    *port = ntohs(at.sin_port);
    watch(fd);
    return fd;
}

static void take_one(int listener)
{
    int one = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (listener == viewers_at && send_buffer)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    if (listener == viewers_at && low_water)
        setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &low_water, sizeof low_water);
    watch(fd);
}

static void forget(int *list, unsigned *count, int fd)
{
    for (unsigned i = 0; i < *count; i++)
        if (list[i] == fd)
            list[i] = list[--*count];
}

static void hang_up(int fd)
{
    forget(websockets, &websocket_count, fd);
    forget(streams, &stream_count, fd);
    close(fd);
}

/* The loop that is measured. */
static void send_to_all(int *list, unsigned *count, const char *bytes, size_t length)
{
    for (unsigned i = 0; i < *count; i++)
        if (send(list[i], bytes, length, MSG_NOSIGNAL) != (ssize_t)length)
            fprintf(stderr, "floor: a viewer takes no more\n"); /* then the figure would be no floor */
}

static void publish(const char *json, size_t length)
{
    static char out[LINE_BYTES + 256];
    size_t used = 0;
    if (websocket_count) {
        out[used++] = (char)0x81;
        if (length < 126)
            out[used++] = (char)length;
        else {
            out[used++] = 126;
            out[used++] = (char)(length >> 8);
            out[used++] = (char)length;
        }
        memcpy(out + used, json, length);
        send_to_all(websockets, &websocket_count, out, used + length);
    }
    if (stream_count) {
        const char *index = strstr(json, "\"index\":");
        used = (size_t)sprintf(out, "event: caption\nid: FloorXyz.%lu\ndata: ", index ? strtoul(index + 8, NULL, 10) : 0);
        memcpy(out + used, json, length);
        memcpy(out + used + length, "\n\n", 2);
        send_to_all(streams, &stream_count, out, used + length + 2);
    }
}

/* The accept value is that of the one key our viewers send, the example's of RFC 6455, section 1.3. */
static void greet(int fd, const char *request)
{
    static const char upgrade[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    static const char stream[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    bool websocket = strncmp(request, "GET /ws", 7) == 0;
    const char *answer = websocket ? upgrade : stream;
    if (websocket_count + stream_count == MOST || send(fd, answer, strlen(answer), MSG_NOSIGNAL) < 0) {
        close(fd);
        return;
    }
    if (websocket)
        websockets[websocket_count++] = fd;
    else
        streams[stream_count++] = fd;
}

int main(int argc, char **argv)
{
    static char lines[LINE_BYTES], bytes[4096];
    size_t have = 0;
    int viewers_port, lines_port, publisher = -1;
    struct rlimit files;
    if (argc != 3) {
        fprintf(stderr, "floor: wrong usage\n");
        return 2;
    }
    send_buffer = atoi(argv[1]);
    low_water = atoi(argv[2]);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    polled = epoll_create1(0);
    viewers_at = listening(&viewers_port);
    lines_at = listening(&lines_port);
    printf("%d %d\n", viewers_port, lines_port);
    fflush(stdout);
    for (;;) {
        struct epoll_event events[256];
        int count = epoll_wait(polled, events, 256, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == viewers_at)
                take_one(fd);
            else if (fd == lines_at) {
                publisher = accept4(fd, NULL, NULL, 0);
                watch(publisher);
            } else if (fd == publisher) {
                char *end, *line = lines;
                ssize_t got = recv(fd, lines + have, sizeof lines - have - 1, 0);
                if (got <= 0)
                    return 0; /* the publisher is gone: the run is over */
                lines[have += (size_t)got] = 0;
                while ((end = strchr(line, '\n')) != NULL) {
                    *end = 0;
                    publish(line, (size_t)(end - line));
                    line = end + 1;
                }
                have -= (size_t)(line - lines);
                memmove(lines, line, have);
            } else {
                ssize_t got = recv(fd, bytes, sizeof bytes - 1, 0);
                if (got > 0 && memcmp(bytes, "GET ", 4) == 0) {
                    bytes[got] = 0; /* a viewer's request is small, and comes whole on loopback */
                    greet(fd, bytes);
                } else if (got <= 0)
                    hang_up(fd);
            }
        }
    }
}
