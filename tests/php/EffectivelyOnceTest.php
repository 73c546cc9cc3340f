<?php

declare(strict_types=1);

namespace Vce\Tests;

use Vce\Client;
use Vce\Exception\InvalidEventException;
use Vce\Outcome;
use Vce\Status;

/**
 * `delivery: 'effectively_once'`: a doubtful event is looked up before it is sent again.
 */
final class EffectivelyOnceTest extends SandboxTestCase
{
    private function lookingUp(mixed ...$options): Client
    {
        return $this->client(...$options, delivery: 'effectively_once', lookupDelay: 20);
    }

    /**
     * @testWith [true]
     *           [false]
     */
    public function testADoubtfulEventExistsOnce(bool $creates): void
    {
        $client = $this->lookingUp();
        $this->sandbox->fault(['kind' => 'drop', 'on' => 'create', 'creates' => $creates]);
        $event = $client->createEvent($this->sandbox->conversationId, 'custom:a', ['n' => 1]);
        $this->sandbox->fault(['kind' => 'drop', 'on' => 'create', 'creates' => $creates]);
        $client->enqueueEvent($this->sandbox->conversationId, 'custom:a', ['n' => 2]);
        self::assertSame(0, $client->flush(timeoutMs: 30_000));

        $reports = iterator_to_array($client->poll(), false);
        self::assertSame([Outcome::Created], array_column($reports, 'outcome'));
        $stored = $this->sandbox->events();
        self::assertSame([1, 2], array_map(static fn (array $kept): int => $kept['body']['n'], $stored));
        self::assertSame($event->id, (string) $stored[0]['id']);
    }

    public function testTheCallersOwnKey(): void
    {
        $client = $this->lookingUp(eventKey: 'order');
        $event = $client->createEvent($this->sandbox->conversationId, 'custom:a', ['order' => 'o-1']);
        self::assertSame(['order' => 'o-1'], $event->body);

        $e = self::failure(
            fn () => $client->createEvent($this->sandbox->conversationId, 'custom:a', ['order' => 1]),
        );
        self::assertInstanceOf(InvalidEventException::class, $e);
        self::assertSame(Status::Argument, $e->status);
    }

    public function testAnIncompleteLookLeavesTheOutcomeOpen(): void
    {
        $client = $this->lookingUp(maxRetries: 0);
        $this->sandbox->fault(['kind' => 'drop', 'on' => 'create', 'creates' => true]);
        $this->sandbox->fault(['kind' => 'status', 'status' => 403, 'on' => 'list']);
        $e = self::failure(
            fn () => $client->createEvent($this->sandbox->conversationId, 'custom:a', ['n' => 1]),
        );
        self::assertSame(Outcome::MaybeCreated, $e->outcome);
        self::assertStringContainsString('could not be looked up', $e->getMessage());
    }
}
