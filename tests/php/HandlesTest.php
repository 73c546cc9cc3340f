<?php

declare(strict_types=1);

namespace Vce\Tests;

use WeakReference;

/**
 * When native objects are freed, also at the end of the script.
 */
final class HandlesTest extends SandboxTestCase
{
    private const PROGRAMS = __DIR__ . '/programs';

    public function testAListKeepsItsClientAlive(): void
    {
        $client = $this->client();
        foreach (range(1, 3) as $n) {
            $client->createEvent($this->sandbox->conversationId, 'custom:a', ['n' => $n]);
        }
        $events = $client->listEvents($this->sandbox->conversationId, pageSize: 1);
        $reference = WeakReference::create($client);
        unset($client);

        self::assertNotNull($reference->get());
        self::assertCount(3, iterator_to_array($events));
        unset($events);
        self::assertNull($reference->get());
    }

    public function testAnAbandonedListFreesItsClient(): void
    {
        $client = $this->client();
        foreach (range(1, 3) as $n) {
            $client->createEvent($this->sandbox->conversationId, 'custom:a', ['n' => $n]);
        }
        $reference = WeakReference::create($client);
        foreach ($client->listEvents($this->sandbox->conversationId, pageSize: 1) as $event) {
            break;
        }
        unset($client);

        self::assertNull($reference->get());
    }

    public function testAFreedClientHasNoConnectionsLeft(): void
    {
        $this->assertNoConnectionIsLeft();
        $client = $this->client();
        $client->createEvent($this->sandbox->conversationId, 'custom:a', []);
        self::assertSame(1, $this->sandbox->connections()['open']);
        unset($client);
        $this->assertNoConnectionIsLeft();
    }

    /**
     * @dataProvider endings
     */
    public function testTheEndOfAScript(string $ending, int $status): void
    {
        $done = Process::php(
            ['-d', 'log_errors=0', '-d', 'display_errors=stderr', self::PROGRAMS . '/end_of_script.php', $ending],
            $this->sandbox->environment(),
        );

        self::assertSame([$status, "ready\n"], [$done->status, $done->output], $done->errors);
    }

    /**
     * @return iterable<array{string, int}>
     */
    public function endings(): iterable
    {
        yield ['return', 0];
        yield ['exit', 3];
        yield ['throw', 255];
        yield ['fatal', 255];
        yield ['cycle', 0];
        yield ['static', 0];
        yield ['fork', 0];
        yield ['enqueue', 0];
        yield ['enqueue, shared', 0];
    }

    public function testADestructorAfterItsClientsGetsAnException(): void
    {
        $done = Process::php([self::PROGRAMS . '/destructors.php'], $this->sandbox->environment());

        self::assertSame([0, "ready\n" . str_repeat("closed\n", 10)], [$done->status, $done->output], $done->errors);
    }

    public function testMemoryStaysFlat(): void
    {
        $done = Process::php([self::PROGRAMS . '/memory.php'], $this->sandbox->environment());
        self::assertSame(0, $done->status, $done->errors);

        $growth = json_decode($done->output, true, flags: JSON_THROW_ON_ERROR);
        $limits = [
            'valid' => 256,
            'invalid' => 256,
            'created' => 256,
            'refused' => 256,
            'abandoned lists' => 256,
            'clients' => 256,
            // Threads that start and end need some memory, much less than what is sent here.
            'enqueued' => 1024,
            'stats' => 256,
            'abandoned reports' => 1024,
        ];
        self::assertSame(array_keys($limits), array_keys($growth));
        foreach ($growth as $what => $kibibytes) {
            self::assertLessThan($limits[$what], $kibibytes, $what);
        }
    }

    private function assertNoConnectionIsLeft(): void
    {
        // The sandbox notices a closed connection a moment later.
        for ($tries = 0; $tries < 100 && $this->sandbox->connections()['open'] > 0; ++$tries) {
            usleep(20_000);
        }
        self::assertSame(0, $this->sandbox->connections()['open']);
    }
}
