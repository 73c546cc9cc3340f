<?php

declare(strict_types=1);

namespace Vce\Tests;

/**
 * The counters of a client.
 */
final class StatsTest extends SandboxTestCase
{
    public function testBeforeTheFirstEvent(): void
    {
        $stats = $this->client()->stats();

        self::assertSame(0, $stats->accepted);
        self::assertSame([], $stats->notCreatedByStatus);
        self::assertSame(['p50' => null, 'p90' => null, 'p99' => null, 'max' => null], $stats->latencyMs);
        self::assertSame(0, $stats->tokensSigned);
        self::assertSame(0, $stats->connectionsOpened);
    }

    public function testEveryEventIsCountedOnce(): void
    {
        $this->sandbox->fault(
            ['kind' => 'status', 'status' => 404, 'times' => 2],
            ['kind' => 'status', 'status' => 403],
            ['kind' => 'drop'],
            ['kind' => 'status', 'status' => 429],
        );
        $client = $this->client(retryBackoff: 1);
        foreach (range(1, 6) as $n) {
            $client->enqueueEvent($this->sandbox->conversationId, 'custom:stats', ['n' => $n]);
        }
        self::assertSame(0, $client->flush(60_000));
        $stats = $client->stats();

        self::assertSame([6, 0, 0], [$stats->accepted, $stats->queued, $stats->inFlight]);
        self::assertSame([2, 1, 3], [$stats->created, $stats->maybeCreated, $stats->notCreated]);
        self::assertEquals(['NotFound' => 2, 'Forbidden' => 1], $stats->notCreatedByStatus);
        self::assertSame(1, $stats->retries);
        self::assertSame([6, 6], [$stats->reports, $stats->events]);
        self::assertGreaterThan(0, $stats->bytes);
        self::assertSame(1, $stats->tokensSigned);
        self::assertGreaterThanOrEqual(1, $stats->connectionsOpened);
        self::assertGreaterThan(0.0, $stats->latencyMs['p50']);
        self::assertGreaterThanOrEqual($stats->latencyMs['p50'], $stats->latencyMs['max']);
        self::assertSame(6, json_decode($stats->json, true, flags: JSON_THROW_ON_ERROR)['accepted']);

        self::assertCount(6, iterator_to_array($client->poll()));
        $stats = $client->stats();
        self::assertSame([6, 0, 0, 0], [$stats->accepted, $stats->reports, $stats->events, $stats->bytes]);
    }

    public function testQueuedEventsAreCounted(): void
    {
        $client = $this->client(timeout: 60_000);
        $this->sandbox->fault(['kind' => 'hang']);
        foreach (range(1, 3) as $n) {
            $client->enqueueEvent($this->sandbox->conversationId, 'custom:stats', ['n' => $n]);
        }
        Wait::until(fn (): bool => $this->sandbox->requests() !== [], 'the first event was sent');
        $stats = $client->stats();

        self::assertSame([3, 2, 1, 0], [$stats->accepted, $stats->queued, $stats->inFlight, $stats->reports]);
        self::assertSame(3, $stats->events);
    }
}
