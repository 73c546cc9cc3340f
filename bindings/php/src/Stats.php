<?php

declare(strict_types=1);

namespace Vce;

/**
 * Counters of a client's events in the background.
 *
 * `$accepted` is always `$queued + $inFlight + $created + $maybeCreated + $notCreated`.
 */
final class Stats
{
    /**
     * @param int                  $queued             events that wait for their first attempt or for a retry
     * @param int                  $inFlight           events whose request is under way
     * @param int                  $reports            delivery reports that wait for Client::poll()
     * @param int                  $events             events that count against the option `queueMaxEvents`
     * @param int                  $bytes              bytes that count against the option `queueMaxBytes`
     * @param int                  $accepted           events that Client::enqueueEvent() has accepted
     * @param array<string, int>   $notCreatedByStatus how many events, by the name of the Status, such as `Timeout`
     * @param int                  $retries            requests that were repeated
     * @param array<string, ?float> $latencyMs         `p50`, `p90`, `p99` and `max`, in milliseconds from
     *                                                 enqueueing to creation; null before the first
     * @param int                  $tokensSigned       tokens that the engine signed, also for calls that wait; with
     *                                                 `engine: 'shared'` for other clients, too
     * @param int                  $connectionsOpened  connections that the engine opened, for the same calls
     * @param string               $json               the library's own text, which may contain more
     */
    public function __construct(
        public readonly int $queued,
        public readonly int $inFlight,
        public readonly int $reports,
        public readonly int $events,
        public readonly int $bytes,
        public readonly int $accepted,
        public readonly int $created,
        public readonly int $maybeCreated,
        public readonly int $notCreated,
        public readonly array $notCreatedByStatus,
        public readonly int $retries,
        public readonly array $latencyMs,
        public readonly int $tokensSigned,
        public readonly int $connectionsOpened,
        public readonly string $json,
    ) {
    }
}
