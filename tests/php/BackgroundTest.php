<?php

declare(strict_types=1);

namespace Vce\Tests;

use Vce\Client;
use Vce\Exception\ClosedException;
use Vce\Exception\InvalidEventException;
use Vce\Exception\NotFoundException;
use Vce\Exception\QueueFullException;
use Vce\Exception\TransportException;
use Vce\Outcome;
use Vce\Report;
use Vce\Status;

/**
 * Events that are sent in the background, and their delivery reports.
 */
final class BackgroundTest extends SandboxTestCase
{
    private const PATIENCE = 60_000;

    public function testAnEventIsSentAndReported(): void
    {
        $client = $this->client();
        $client->enqueueEvent(
            $this->sandbox->conversationId,
            'custom:order_paid',
            ['total' => 12.0],
            from: $this->sandbox->memberId,
            tag: 42,
        );
        [$report] = $this->reports($client);

        self::assertSame(42, $report->tag);
        self::assertSame(Outcome::Created, $report->outcome);
        self::assertNull($report->error);
        $event = $client->getEvent($this->sandbox->conversationId, (string) $report->event?->id);
        self::assertEquals($event, $report->event);
        self::assertSame(['total' => 12.0], $event->body);
        self::assertSame($this->sandbox->memberId, $event->from);
    }

    /**
     * @dataProvider tags
     */
    public function testATagComesBackAsItWas(int $tag): void
    {
        $client = $this->client();
        $this->enqueue($client, tag: $tag);

        self::assertSame([$tag], array_column($this->reports($client), 'tag'));
    }

    /**
     * @return iterable<array{int}>
     */
    public function tags(): iterable
    {
        yield [0];
        yield [-1];
        yield [PHP_INT_MAX];
        yield [PHP_INT_MIN];
    }

    public function testEnqueueingDoesNotWaitForTheServer(): void
    {
        $client = $this->client(connectTimeout: self::PATIENCE, timeout: self::PATIENCE);
        $this->sandbox->whileAsleep(function () use ($client): void {
            $this->enqueue($client, 1, 2, 3);

            self::assertSame(3, $client->flush(0));
            self::assertSame(3, $client->flush(-1));
            self::assertSame([], iterator_to_array($client->poll()));
            self::assertSame([], iterator_to_array($client->poll(-1)));
        });

        self::assertSame(0, $client->flush(self::PATIENCE));
        self::assertCount(3, iterator_to_array($client->poll()));
    }

    public function testTheOrderOfAConversationIsKeptThroughRetries(): void
    {
        $this->sandbox->fault(['kind' => 'status', 'status' => 429, 'skip' => 1, 'times' => 2]);
        $client = $this->client(retryBackoff: 1);
        $this->enqueue($client, ...range(1, 20));

        self::assertSame(range(1, 20), array_column($this->reports($client), 'tag'));
        $sent = array_map(static fn (array $event): int => $event['body']['n'], $this->sandbox->events());
        self::assertSame(range(1, 20), $sent);
        self::assertSame(2, $client->stats()->retries);
    }

    public function testAFailureIsReportedAndNotThrown(): void
    {
        $this->sandbox->fault(
            ['kind' => 'drop', 'creates' => true],
            ['kind' => 'status', 'status' => 404],
        );
        $client = $this->client();
        $this->enqueue($client, 1, 2, 3);
        [$dropped, $notFound, $created] = $this->reports($client);

        self::assertInstanceOf(TransportException::class, $dropped->error);
        self::assertSame(Outcome::MaybeCreated, $dropped->outcome);
        self::assertSame(Outcome::MaybeCreated, $dropped->error->outcome);
        self::assertNull($dropped->event);

        self::assertInstanceOf(NotFoundException::class, $notFound->error);
        self::assertSame(404, $notFound->error->httpStatus);
        self::assertNotNull($notFound->error->traceId);
        self::assertSame(Outcome::NotCreated, $notFound->outcome);

        self::assertSame(Outcome::Created, $created->outcome);
        self::assertCount(2, $this->sandbox->events());
    }

    public function testAnEventThatBreaksARuleIsRefusedAtOnce(): void
    {
        $client = $this->client();
        $conversation = $this->sandbox->conversationId;
        foreach (
            [
                [Status::ConversationId, fn () => $client->enqueueEvent('no/conversation', 'custom:a', [])],
                [Status::TypePrefix, fn () => $client->enqueueEvent($conversation, 'order_paid', [])],
                [Status::MemberId, fn () => $client->enqueueEvent($conversation, 'custom:a', [], 'no/member')],
                [Status::BodyNotObject, fn () => $client->enqueueEvent($conversation, 'custom:a', [1])],
                [Status::BodyJson, fn () => $client->enqueueEvent($conversation, 'custom:a', ['n' => NAN])],
            ] as [$status, $enqueue]
        ) {
            $e = self::failure($enqueue);
            self::assertInstanceOf(InvalidEventException::class, $e);
            self::assertSame($status, $e->status);
        }
        self::assertSame(0, $client->stats()->accepted);
        self::assertSame([], $this->reports($client));
    }

    public function testAFullQueueRefuses(): void
    {
        $client = $this->client(queueMaxEvents: 2);
        $this->enqueue($client, 1, 2);
        self::assertSame(0, $client->flush(self::PATIENCE));

        // Events count until their reports have been taken.
        $e = self::failure(fn () => $this->enqueue($client, 3));
        self::assertInstanceOf(QueueFullException::class, $e);
        self::assertSame(Outcome::NotCreated, $e->outcome);
        self::assertSame(2, $client->stats()->events);

        foreach ($client->poll() as $report) {
            self::assertSame(1, $report->tag);
            break;
        }
        $this->enqueue($client, 3);
        self::assertSame([2, 3], array_column($this->reports($client), 'tag'));
    }

    public function testPollWaitsForTheFirstReport(): void
    {
        $client = $this->client();
        foreach (range(1, 10) as $n) {
            $this->enqueue($client, $n);
            $tags = array_column(iterator_to_array($client->poll(self::PATIENCE)), 'tag');
            self::assertSame([$n], $tags);
        }
    }

    public function testTheNextLoopGetsTheReportsThatALoopLeaves(): void
    {
        $client = $this->client();
        $this->enqueue($client, 1, 2, 3);
        $client->flush(self::PATIENCE);
        $client->poll();
        foreach ($client->poll() as $report) {
            break;
        }

        self::assertSame([2, 3], array_column(iterator_to_array($client->poll()), 'tag'));
    }

    public function testOnlyErrorsAreReported(): void
    {
        $this->sandbox->fault(['kind' => 'status', 'status' => 404, 'skip' => 1]);
        $client = $this->client(reports: 'errors', queueMaxEvents: 3);
        $this->enqueue($client, 1, 2, 3);

        self::assertSame([2], array_column($this->reports($client), 'tag'));
        self::assertSame(0, $client->stats()->events);
    }

    public function testNothingIsReported(): void
    {
        $this->sandbox->fault(['kind' => 'status', 'status' => 404]);
        $client = $this->client(reports: 'none');
        $this->enqueue($client, 1, 2);

        self::assertSame([], $this->reports($client));
        self::assertCount(1, $this->sandbox->events());
    }

    public function testClosingDeliversWhatIsEnqueued(): void
    {
        $client = $this->client();
        $this->enqueue($client, ...range(1, 20));

        self::assertTrue($client->close());
        self::assertCount(20, $this->sandbox->events());
        self::assertInstanceOf(ClosedException::class, self::failure(fn () => $this->enqueue($client, 21)));
        self::assertSame(range(1, 20), array_column(iterator_to_array($client->poll()), 'tag'));
        // No more reports can come, so this does not wait.
        self::assertSame([], iterator_to_array($client->poll(PHP_INT_MAX)));
        self::assertSame(0, $client->flush(PHP_INT_MAX));
    }

    public function testClosingWithoutTimeCancels(): void
    {
        $this->sandbox->fault(['kind' => 'hang', 'creates' => true]);
        $client = $this->client(timeout: self::PATIENCE);
        $this->enqueue($client, 1, 2, 3);
        Wait::until(fn (): bool => $this->sandbox->events() !== [], 'the first event was sent');

        self::assertFalse($client->close(0));
        $reports = iterator_to_array($client->poll());
        self::assertEqualsCanonicalizing([1, 2, 3], array_column($reports, 'tag'));
        foreach ($reports as $report) {
            self::assertInstanceOf(ClosedException::class, $report->error);
            $outcome = $report->tag === 1 ? Outcome::MaybeCreated : Outcome::NotCreated;
            self::assertSame($outcome, $report->outcome);
        }
        self::assertCount(1, $this->sandbox->events());
    }

    public function testASharedEngineSendsWhatAFreedClientEnqueued(): void
    {
        $client = $this->client(engine: 'shared');
        $this->sandbox->whileAsleep(function () use (&$client): void {
            $this->enqueue($client, 1, 2, 3);
            $client = null;
        });

        Wait::until(fn (): bool => count($this->sandbox->events()) === 3, 'the events exist');
        self::assertCount(3, $this->sandbox->requests());
    }

    public function testAnOwnEngineEndsWithItsClient(): void
    {
        $client = $this->client(timeout: self::PATIENCE);
        $this->sandbox->whileAsleep(function () use (&$client): void {
            $this->enqueue($client, 1, 2, 3);
            $client = null;
        });

        self::assertSame([], $this->sandbox->events());
    }

    private function enqueue(Client $client, int ...$tags): void
    {
        foreach ($tags as $tag) {
            $client->enqueueEvent($this->sandbox->conversationId, 'custom:background', ['n' => $tag], tag: $tag);
        }
    }

    /**
     * The reports of all enqueued events.
     *
     * @return list<Report>
     */
    private function reports(Client $client): array
    {
        self::assertSame(0, $client->flush(self::PATIENCE));

        return iterator_to_array($client->poll());
    }
}
