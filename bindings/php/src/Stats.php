<?php

declare(strict_types=1);

namespace Vce;

/**
 * What a client has sent in the background so far, and what it still has to send.
 *
 * `$accepted` is always `$queued + $inFlight + $created + $maybeCreated + $notCreated`.
 */
final class Stats
{
    /**
     * @param int                  $queued             events that wait for their turn, or for their next attempt
     * @param int                  $inFlight           events whose request is under way
     * @param int                  $reports            delivery reports that wait for Client::poll()
     * @param int                  $events             what counts against the option `queueMaxEvents`
     * @param int                  $bytes              what counts against the option `queueMaxBytes`
     * @param int                  $accepted           events that Client::enqueueEvent() has taken
     * @param array<string, int>   $notCreatedByStatus how many by the name of their Status, such as `Timeout`
     * @param int                  $retries            requests beyond each event's first
     * @param array<string, ?float> $latencyMs         `p50`, `p90`, `p99` and `max`, in milliseconds from
     *                                                 enqueueing to creation; null before the first
     * @param int                  $tokensSigned       by the engine: also for calls that wait, and with
     *                                                 `engine: 'shared'` for other clients
     * @param int                  $connectionsOpened  by the engine, likewise
     * @param string               $json               the library's own words, which may say more
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
