/* Figures: latency of each delivery against its publication's sending, first-to-last spread, captions per recv. */
#include "load.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct tally tally;
uint32_t base_index;
bool base_known;

/* Send times, CLOCK_MONOTONIC: written by us, or by whoever feeds the daemon, who shares the file. */
static volatile uint64_t *sent_ns;
static struct {
    uint32_t number, count;
    uint64_t first_ns;
} seen[RING];
static uint32_t latencies[BUCKETS], last_viewers[BUCKETS], spreads[BUCKETS];

void tally_open(const char *times_path)
{
    int fd = open(times_path, O_RDWR);
    if (fd < 0)
        die("the file of send times");
    sent_ns = mmap(NULL, RING * sizeof *sent_ns, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (sent_ns == MAP_FAILED)
        die("mmap");
}

void tally_begin(uint32_t expected)
{
    memset(&tally, 0, sizeof tally);
    memset(latencies, 0, sizeof latencies);
    memset(last_viewers, 0, sizeof last_viewers);
    memset(spreads, 0, sizeof spreads);
    tally.first = published_so_far();
    tally.expected = expected;
}

void tally_sent(uint32_t number, uint64_t at_ns)
{
    sent_ns[number % RING] = at_ns;
}

/* 128 steps an octave, from 1 us on: a quantile is right within 0.8 %. */
void histogram_add(uint32_t *counts, uint64_t ns)
{
    uint64_t units = ns / 8; /* 8 ns: 128 units are about a microsecond, below it the scale is linear */
    unsigned shift = 0, bucket;
    while (units >> shift >= 256)
        shift++;
    bucket = (unsigned)(units >> shift) + shift * 128;
    counts[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
}

double histogram_ms(const uint32_t *counts, double quantile)
{
    uint64_t total = 0, sum = 0;
    for (unsigned i = 0; i < BUCKETS; i++)
        total += counts[i];
    if (total == 0)
        return -1;
    for (unsigned i = 0; i < BUCKETS; i++) {
        sum += counts[i];
        if (counts[i] && (double)sum >= quantile * (double)total) {
            unsigned shift = i < 256 ? 0 : i / 128 - 1;
            uint64_t units = (uint64_t)(i - shift * 128) << shift;
            return (double)units * 8 / 1e6;
        }
    }
    return -1;
}

void tally_caption(uint32_t index, uint64_t at_ns)
{
    uint32_t number = index - base_index - 1, slot = number % RING;
    if (number < tally.first || number >= published_so_far())
        return; /* of an earlier run, or nobody's */
    uint64_t latency_ns = at_ns - sent_ns[slot];
    tally.delivered++;
    histogram_add(latencies, latency_ns);
    if (seen[slot].count == 0 || seen[slot].number != number) {
        seen[slot].number = number;
        seen[slot].count = 0;
        seen[slot].first_ns = at_ns;
    }
    if (++seen[slot].count == tally.expected) {
        tally.completed++;
        histogram_add(last_viewers, latency_ns);
        histogram_add(spreads, at_ns - seen[slot].first_ns);
    }
}

void tally_print(const char *command, uint64_t wall_ns, uint64_t cpu_ns)
{
    printf("{\"command\":\"%s\",\"published\":%u,\"completed\":%u,\"expected\":%llu,\"delivered\":%llu,"
           "\"captionsPerRecv\":%.3f,\"bytes\":%llu,\"repeated\":%llu,\"skipped\":%llu,\"odd\":%llu,"
           "\"slowCaptions\":%llu,\"notices\":%llu,\"resyncs\":%llu,\"byes\":%llu,\"closedByServer\":%llu,"
           "\"p50Ms\":%.4f,\"p99Ms\":%.4f,\"lastP50Ms\":%.4f,\"lastP99Ms\":%.4f,\"spreadP50Ms\":%.4f,"
           "\"spreadP99Ms\":%.4f,\"wallS\":%.6f,\"clientCpuS\":%.6f}\n",
           command, tally.published, tally.completed, (unsigned long long)tally.published * tally.expected,
           (unsigned long long)tally.delivered,
           tally.with_captions ? (double)tally.delivered / (double)tally.with_captions : 0.0,
           (unsigned long long)tally.bytes, (unsigned long long)tally.repeated, (unsigned long long)tally.skipped,
           (unsigned long long)tally.odd, (unsigned long long)tally.slow_captions, (unsigned long long)tally.notices,
           (unsigned long long)tally.resyncs, (unsigned long long)tally.byes, (unsigned long long)closed_by_server,
           histogram_ms(latencies, 0.5), histogram_ms(latencies, 0.99), histogram_ms(last_viewers, 0.5),
           histogram_ms(last_viewers, 0.99), histogram_ms(spreads, 0.5), histogram_ms(spreads, 0.99),
           (double)wall_ns / 1e9, (double)cpu_ns / 1e9);
    fflush(stdout);
}
