<?php

declare(strict_types=1);

namespace Vce\Tests;

use Vce\Client;

/**
 * Waiting for delivery reports and other things at the same time.
 */
final class ReportStreamTest extends SandboxTestCase
{
    public function testItIsReadableWhileReportsWait(): void
    {
        $client = $this->client();
        $stream = $client->reportStream();
        self::assertFalse(self::readable($stream));

        foreach (range(1, 3) as $round) {
            $this->enqueue($client);
            $this->enqueue($client);
            self::assertTrue(self::readable($stream, 60));
            $client->flush(60_000);
            foreach ($client->poll() as $report) {
                break;
            }
            self::assertTrue(self::readable($stream), 'one report is left');
            self::assertCount(1, iterator_to_array($client->poll()));
            self::assertFalse(self::readable($stream));
        }
    }

    public function testItMayBeAskedForWhenReportsWait(): void
    {
        $client = $this->client();
        $this->enqueue($client);
        $client->flush(60_000);

        self::assertTrue(self::readable($client->reportStream()));
    }

    public function testClosingItDoesNotHarmTheClient(): void
    {
        $client = $this->client();
        $first = $client->reportStream();
        $second = $client->reportStream();
        fclose($first);
        $this->enqueue($client);
        self::assertTrue(self::readable($second, 60));

        fclose($second);
        self::assertCount(1, iterator_to_array($client->poll(60_000)));
        $this->enqueue($client);
        self::assertTrue(self::readable($client->reportStream(), 60));
    }

    public function testItMayOutliveTheClient(): void
    {
        $stream = $this->client()->reportStream();

        self::assertIsBool(self::readable($stream));
        self::assertTrue(fclose($stream));
    }

    private function enqueue(Client $client): void
    {
        $client->enqueueEvent($this->sandbox->conversationId, 'custom:stream', []);
    }

    /**
     * @param resource $stream
     */
    private static function readable($stream, int $seconds = 0): bool
    {
        $read = [$stream];
        $write = $except = null;

        return stream_select($read, $write, $except, $seconds) === 1;
    }
}
