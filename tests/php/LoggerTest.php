<?php

declare(strict_types=1);

namespace Vce\Tests;

use Psr\Log\AbstractLogger;
use RuntimeException;
use Vce\Exception\ExceptionInterface;

/**
 * What a PSR-3 logger gets, and what it does not get.
 */
final class LoggerTest extends SandboxTestCase
{
    public function testCreatedAndDeletedEvents(): void
    {
        $logger = $this->logger();
        $client = $this->client(logger: $logger);
        $event = $client->createEvent($this->sandbox->conversationId, 'custom:a', ['card' => '4111']);
        $client->deleteEvent($this->sandbox->conversationId, (string) $event->id);

        self::assertSame(['debug', 'debug'], array_column($logger->records, 0));
        self::assertSame(['Event created', 'Event deleted'], array_column($logger->records, 1));
        self::assertSame([
            'conversation_id' => $this->sandbox->conversationId,
            'type' => 'custom:a',
            'from' => null,
            'event_id' => $event->id,
        ], $logger->records[0][2]);
    }

    public function testFailures(): void
    {
        $logger = $this->logger();
        $client = $this->client(logger: $logger, maxRetries: 0);
        $this->sandbox->fault(
            ['kind' => 'status', 'status' => 429],
            ['kind' => 'status', 'status' => 404],
            ['kind' => 'status', 'status' => 403],
            ['kind' => 'drop', 'on' => 'create'],
        );
        $create = fn () => $client->createEvent($this->sandbox->conversationId, 'custom:a', ['card' => '4111']);
        $failures = [
            self::failure($create),
            self::failure(fn () => $client->getEvent($this->sandbox->conversationId, '7')),
            self::failure(fn () => iterator_to_array($client->listEvents($this->sandbox->conversationId))),
            self::failure($create),
        ];

        self::assertSame(['warning', 'error', 'error', 'error'], array_column($logger->records, 0));
        foreach ($failures as $n => $e) {
            self::assertStringContainsString($e->getMessage(), $logger->records[$n][1]);
            self::assertSame($e, $logger->records[$n][2]['exception']);
            self::assertSame($e->status->name, $logger->records[$n][2]['status']);
            self::assertSame($e->outcome->name, $logger->records[$n][2]['outcome']);
            self::assertStringNotContainsString('4111', $logger->records[$n][1]);
        }
        self::assertSame('MaybeCreated', $logger->records[3][2]['outcome']);
    }

    public function testDeliveryReports(): void
    {
        $logger = $this->logger();
        $client = $this->client(logger: $logger, maxRetries: 0);
        $this->sandbox->fault(['kind' => 'status', 'status' => 429, 'skip' => 1]);
        foreach ([7, 8] as $tag) {
            $client->enqueueEvent($this->sandbox->conversationId, 'custom:a', ['card' => '4111'], tag: $tag);
        }
        $client->flush(60_000);
        self::assertSame([], $logger->records, 'logged by the caller\'s thread alone');
        [$created, $failed] = iterator_to_array($client->poll());

        self::assertSame(['debug', 'warning'], array_column($logger->records, 0));
        self::assertSame(['Event created', ['tag' => 7, 'event_id' => $created->event?->id]], [
            $logger->records[0][1],
            $logger->records[0][2],
        ]);
        self::assertStringContainsString((string) $failed->error?->getMessage(), $logger->records[1][1]);
        self::assertSame(
            ['tag' => 8, 'status' => 'RateLimited', 'outcome' => 'NotCreated', 'exception' => $failed->error],
            $logger->records[1][2],
        );
    }

    public function testEventsThatAreNotAccepted(): void
    {
        $logger = $this->logger();
        $client = $this->client(logger: $logger);
        $e = self::failure(fn () => $client->enqueueEvent('CON-1', 'wrong', ['card' => '4111'], tag: 7));

        self::assertSame('error', $logger->records[0][0]);
        self::assertSame("Event not accepted: {$e->getMessage()}", $logger->records[0][1]);
        self::assertSame(
            ['conversation_id' => 'CON-1', 'type' => 'wrong', 'from' => null, 'tag' => 7],
            array_slice($logger->records[0][2], 0, 4),
        );
    }

    public function testABrokenLoggerHidesNothing(): void
    {
        $broken = new class () extends AbstractLogger {
            public function log($level, $message, array $context = []): void
            {
                throw new RuntimeException('The disk is full.');
            }
        };
        $client = $this->client(logger: $broken);

        self::assertNotNull($client->createEvent($this->sandbox->conversationId, 'custom:a', [])->id);
        self::assertInstanceOf(
            ExceptionInterface::class,
            self::failure(fn () => $client->createEvent($this->sandbox->conversationId, 'wrong', [])),
        );
        $client->enqueueEvent($this->sandbox->conversationId, 'custom:a', []);
        self::assertCount(1, iterator_to_array($client->poll(60_000)));
    }

    private function logger(): AbstractLogger
    {
        return new class () extends AbstractLogger {
            /** @var list<array{string, string, array<string, mixed>}> */
            public array $records = [];

            public function log($level, $message, array $context = []): void
            {
                $this->records[] = [$level, (string) $message, $context];
            }
        };
    }
}
