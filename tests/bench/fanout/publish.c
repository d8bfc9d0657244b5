/* How a caption gets into each server: as a line, as a POST, or by asking the feeder to have upstream say it. */
#include "load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_CAPTIONS 256
#define CAPTION_BYTES 4096

static enum { LINES, POST, FEED } how;
static int fd = -1;
static char post_path[256];
static uint32_t numbers; /* publications so far */
/* A caption's JSON without its index: {"type":"caption","index": and the rest of the line, one after the other. */
static char *tails[MOST_CAPTIONS];
static unsigned tail_count;

void publisher_open(const char *kind, const char *where)
{
    if (strcmp(kind, "feed") == 0) {
        how = FEED;
        fd = atoi(where); /* an inherited stream socket */
        return;
    }
    how = strcmp(kind, "post") == 0 ? POST : LINES;
    struct sockaddr_in to = {.sin_family = AF_INET};
    int port = 0, one = 1;
    sscanf(where, "%d%255s", &port, post_path);
    to.sin_port = htons((uint16_t)port);
    inet_pton(AF_INET, target.host, &to.sin_addr);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("connecting as publisher");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

void captions_open(const char *path)
{
    static char line[CAPTION_BYTES];
    FILE *file = fopen(path, "r");
    if (!file)
        die("the file of captions");
    while (tail_count < MOST_CAPTIONS && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        tails[tail_count++] = strdup(line);
    }
    fclose(file);
    if (tail_count == 0)
        die("the file of captions is empty");
}

uint32_t published_so_far(void) { return numbers; }
int publisher_fd(void) { return fd; }

/* Answers to POSTs are of no interest, but have to be read. */
void publisher_drain(void)
{
    char waste[4096];
    while (recv(fd, waste, sizeof waste, MSG_DONTWAIT) > 0)
        ;
}

static void say(const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0)
            die("publishing");
        bytes += sent;
        length -= (size_t)sent;
    }
}

/* `burst` captions at once: in one write, and where the feeder is asked, in one frame or one frame each. */
void publish(unsigned burst, bool one_frame)
{
    static char out[MOST_CAPTIONS * 16 + 65536];
    size_t used = 0;
    uint64_t at_ns = now_ns();
    if (how == FEED) {
        unsigned char order = (unsigned char)(burst | (one_frame ? 0 : 128)); /* the feeder writes the send times */
        numbers += burst;
        tally.published += burst;
        say((char *)&order, 1);
        return;
    }
    for (unsigned i = 0; i < burst; i++) {
        char json[CAPTION_BYTES + 64];
        int length = snprintf(json, sizeof json, "{\"type\":\"caption\",\"index\":%u%s", base_index + 1 + numbers,
                              tails[numbers % tail_count]);
        if (used + (size_t)length + 256 > sizeof out)
            die("too large a burst");
        if (how == LINES)
            used += (size_t)sprintf(out + used, "%s\n", json);
        else
            used += (size_t)sprintf(out + used,
                                    "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                                    "Content-Length: %d\r\n\r\n%s",
                                    post_path, length, json);
        tally_sent(numbers, at_ns);
        numbers++;
        tally.published++;
    }
    say(out, used);
    if (how == POST)
        publisher_drain();
}
