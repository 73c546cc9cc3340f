<?php

declare(strict_types=1);

namespace Vce\Tests;

use Vce\Event;
use Vce\Exception\InvalidEventException;
use Vce\Exception\NotFoundException;
use Vce\Status;

/**
 * Creating, fetching, listing and deleting, over real TLS.
 */
final class EventsTest extends SandboxTestCase
{
    public function testAnEventIsCreatedAndFetched(): void
    {
        $client = $this->client();
        $event = $client->createEvent(
            $this->sandbox->conversationId,
            'custom:order_paid',
            ['total' => 12.0],
            from: $this->sandbox->memberId,
        );

        self::assertMatchesRegularExpression('/^\d+$/', (string) $event->id);
        self::assertSame('custom:order_paid', $event->type);
        self::assertSame($this->sandbox->memberId, $event->from);
        self::assertMatchesRegularExpression('/^\d{4}-\d\d-\d\dT\d\d:\d\d/', (string) $event->timestamp);
        self::assertSame(['total' => 12.0], $event->body);
        self::assertSame('custom:order_paid', json_decode($event->json, true)['type']);

        self::assertEquals($event, $client->getEvent($this->sandbox->conversationId, (string) $event->id));
        self::assertCount(1, $this->sandbox->events());
    }

    public function testWithoutAMemberTheRequestHasNoFrom(): void
    {
        $this->client()->createEvent($this->sandbox->conversationId, 'custom:a', ['n' => 1]);

        self::assertSame('{"type":"custom:a","body":{"n":1}}', $this->sent());
    }

    public function testCallsShareOneConnectionAndOneToken(): void
    {
        $client = $this->client();
        $before = $this->sandbox->connections()['accepted'];
        foreach (range(1, 5) as $n) {
            $client->createEvent($this->sandbox->conversationId, 'custom:a', ['n' => $n]);
        }

        $requests = $this->sandbox->requests();
        self::assertCount(5, $requests);
        self::assertCount(1, array_unique(array_column($requests, 'token_id')));
        self::assertSame($before + 1, $this->sandbox->connections()['accepted']);
    }

    public function testAnEventIsDeleted(): void
    {
        $client = $this->client();
        $event = $client->createEvent($this->sandbox->conversationId, 'custom:a', []);
        $client->deleteEvent($this->sandbox->conversationId, (string) $event->id);

        $left = iterator_to_array($client->listEvents($this->sandbox->conversationId, excludeDeleted: true));
        self::assertSame([], $left);
    }

    public function testAMissingEventIsNotFound(): void
    {
        $client = $this->client();
        $this->expectException(NotFoundException::class);
        $client->getEvent($this->sandbox->conversationId, '999999');
    }

    public function testAListGoesThroughAllPages(): void
    {
        $client = $this->client();
        $ids = $this->create(25, 'custom:page');

        $events = iterator_to_array($client->listEvents($this->sandbox->conversationId));
        self::assertContainsOnlyInstancesOf(Event::class, $events);
        self::assertSame($ids, array_column($events, 'id'));

        $newestFirst = $client->listEvents($this->sandbox->conversationId, order: 'desc', pageSize: 7);
        self::assertSame(array_reverse($ids), array_column(iterator_to_array($newestFirst), 'id'));
    }

    public function testAListIsFilteredByType(): void
    {
        $this->create(3, 'custom:noise');
        $ids = $this->create(2, 'custom:wanted');
        $this->create(3, 'custom:noise');

        $events = $this->client()->listEvents($this->sandbox->conversationId, type: 'custom:wanted', pageSize: 2);
        self::assertSame($ids, array_column(iterator_to_array($events), 'id'));
    }

    public function testAListStartsAndEndsWhereItIsTold(): void
    {
        $ids = $this->create(6, 'custom:page');

        $events = $this->client()->listEvents($this->sandbox->conversationId, startId: $ids[1], endId: $ids[4]);
        self::assertSame(array_slice($ids, 1, 4), array_column(iterator_to_array($events), 'id'));
    }

    public function testAListAsksOnlyForThePagesThatTheLoopReaches(): void
    {
        $client = $this->client();
        $this->create(9, 'custom:page');
        $before = count($this->sandbox->requests());

        $events = $client->listEvents($this->sandbox->conversationId, pageSize: 3);
        self::assertCount($before, $this->sandbox->requests());
        foreach ($events as $n => $event) {
            if ($n === 3) {
                break;
            }
        }
        self::assertCount($before + 2, $this->sandbox->requests());
    }

    public function testAWrongListFailsBeforeTheLoop(): void
    {
        $client = $this->client();

        self::assertSame(
            Status::ConversationId,
            self::failure(fn () => $client->listEvents('no/conversation'))->status,
        );
        self::failure(fn () => $client->listEvents($this->sandbox->conversationId, order: 'sideways'));
        self::assertSame(
            Status::Argument,
            self::failure(fn () => $client->listEvents($this->sandbox->conversationId, startId: "1\0"))->status,
        );
        self::assertSame([], $this->sandbox->requests());
    }

    /**
     * @dataProvider argumentsWithNul
     */
    public function testANulIsRefusedAndNothingIsSent(string $method, int $offset, string ...$arguments): void
    {
        $e = self::failure(fn () => $this->client()->$method(...$arguments));

        self::assertInstanceOf(InvalidEventException::class, $e);
        self::assertSame([Status::Argument, $offset], [$e->status, $e->offset]);
        self::assertSame([], $this->sandbox->requests());
    }

    /**
     * @return iterable<string, list<mixed>>
     */
    public function argumentsWithNul(): iterable
    {
        yield 'conversation' => ['createEvent', 5, "CON-1\0", 'custom:a', '{}'];
        yield 'type' => ['createEvent', 8, 'CON-1', "custom:a\0b", '{}'];
        yield 'body' => ['createEvent', 2, 'CON-1', 'custom:a', "{}\0"];
        yield 'member' => ['createEvent', 5, 'CON-1', 'custom:a', '{}', "MEM-1\0"];
        yield 'enqueue, conversation' => ['enqueueEvent', 5, "CON-1\0", 'custom:a', '{}'];
        yield 'enqueue, type' => ['enqueueEvent', 8, 'CON-1', "custom:a\0b", '{}'];
        yield 'enqueue, body' => ['enqueueEvent', 2, 'CON-1', 'custom:a', "{}\0"];
        yield 'enqueue, member' => ['enqueueEvent', 5, 'CON-1', 'custom:a', '{}', "MEM-1\0"];
        yield 'get, conversation' => ['getEvent', 5, "CON-1\0", '1'];
        yield 'get, event' => ['getEvent', 1, 'CON-1', "1\0"];
        yield 'delete, conversation' => ['deleteEvent', 5, "CON-1\0", '1'];
        yield 'delete, event' => ['deleteEvent', 1, 'CON-1', "1\0"];
        yield 'list, conversation' => ['listEvents', 5, "CON-1\0"];
        yield 'list, type' => ['listEvents', 8, 'CON-1', "custom:a\0b"];
        yield 'list, order' => ['listEvents', 3, 'CON-1', 'custom:a', "asc\0"];
        yield 'list, first id' => ['listEvents', 1, 'conversationId' => 'CON-1', 'startId' => "1\0"];
        yield 'list, last id' => ['listEvents', 1, 'conversationId' => 'CON-1', 'endId' => "1\0"];
    }

    /**
     * @return list<string> the ids
     */
    private function create(int $count, string $type): array
    {
        $client = $this->client();

        return array_map(
            fn (int $n): string => (string) $client
                ->createEvent($this->sandbox->conversationId, $type, ['n' => $n])->id,
            range(1, $count),
        );
    }
}
