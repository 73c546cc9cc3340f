<?php

declare(strict_types=1);

namespace Vce;

use Generator;
use LogicException;
use SensitiveParameter;
use Vce\Exception\ExceptionInterface;
use Vce\Internal\Journal;
use Vce\Internal\NativeClient;
use Vce\Internal\NativeEventList;
use Vce\Internal\NotCopyable;

/**
 * Creates custom events in Vonage conversations, and reads a conversation's events.
 *
 * Every call but enqueueEvent() waits for its answer, within the option `timeout`. Connections and the
 * token are kept between calls; with `engine: 'shared'` also between clients, and in PHP-FPM between requests.
 * A client is closed when nothing refers to it any more. Its queued events are then cancelled; with
 * `engine: 'shared'` they are still sent, as long as the process runs.
 */
final class Client
{
    use NotCopyable;

    private readonly NativeClient $native;
    private readonly Journal $journal;

    /**
     * @throws Exception\ConfigException      if an option is invalid
     * @throws Exception\CredentialsException if the private key cannot be used
     * @throws Exception\LibraryException     if the native library cannot be used
     */
    public function __construct(Options $options)
    {
        $this->native = $options->newConfig()->newClient();
        $this->journal = new Journal($options->logger);
    }

    /**
     * Creates one custom event and waits for the answer.
     *
     * @param array<array-key, mixed>|object|string $body what EventBody::encode() takes; a string is JSON text
     * @param ?string                               $from the member it comes from; needed only if the
     *                                                    token names a user (option `subject`)
     *
     * @throws Exception\InvalidEventException if the event breaks a rule; nothing was sent
     * @throws ExceptionInterface              otherwise; `outcome` says whether the event may exist
     */
    public function createEvent(
        string $conversationId,
        string $type,
        #[SensitiveParameter] array|object|string $body,
        ?string $from = null,
    ): Event {
        $context = ['conversation_id' => $conversationId, 'type' => $type, 'from' => $from];
        try {
            $event = $this->native->createEvent($conversationId, $type, $from, EventBody::encode($body));
        } catch (ExceptionInterface $e) {
            $this->journal->failure('Event not confirmed', $e, $context);
            throw $e;
        }
        $this->journal->success('Event created', $context + ['event_id' => $event->id]);

        return $event;
    }

    /**
     * Accepts one custom event, to be sent in the background, and returns at once.
     *
     * Events of a conversation are sent in the order in which they were enqueued. The delivery report of
     * each event comes from poll(), unless the option `reports` says otherwise. Events that are still
     * queued when the process ends are lost: call flush() or close() first.
     *
     * @param array<array-key, mixed>|object|string $body what EventBody::encode() takes; a string is JSON text
     * @param ?string                               $from the member it comes from; needed only if the
     *                                                    token names a user (option `subject`)
     * @param int                                   $tag  a number of your choice; the report has the same
     *
     * @throws Exception\InvalidEventException if the event breaks a rule
     * @throws Exception\QueueFullException    if the queue is full; there is room again when reports have
     *                                         been polled or events sent
     * @throws ExceptionInterface              otherwise; the event was not accepted and will not be sent
     */
    public function enqueueEvent(
        string $conversationId,
        string $type,
        #[SensitiveParameter] array|object|string $body,
        ?string $from = null,
        int $tag = 0,
    ): void {
        try {
            $this->native->enqueueEvent($conversationId, $type, $from, EventBody::encode($body), $tag);
        } catch (ExceptionInterface $e) {
            $context = ['conversation_id' => $conversationId, 'type' => $type, 'from' => $from, 'tag' => $tag];
            $this->journal->failure('Event not accepted', $e, $context);
            throw $e;
        }
    }

    /**
     * The delivery reports that are there, each once. The loop takes them one by one: if it ends early,
     * the next loop gets the others.
     *
     * @param int $timeoutMs how long to wait for the first report if there is none
     *
     * @return Generator<int, Report>
     */
    public function poll(int $timeoutMs = 0): Generator
    {
        $report = $this->native->poll(max(0, $timeoutMs));
        while ($report !== null) {
            $this->journal->report($report);
            yield $report;
            $report = $this->native->poll(0);
        }
    }

    /**
     * Waits until every accepted event is finished. Its report may still wait for poll().
     *
     * @return int how many events were not finished in time
     *
     * @throws ExceptionInterface
     */
    public function flush(int $timeoutMs): int
    {
        return $this->native->flush(max(0, $timeoutMs));
    }

    public function stats(): Stats
    {
        return $this->native->stats();
    }

    /**
     * A stream that is readable exactly while reports wait, for stream_select() and event loops.
     *
     * Never read from it. Closing it does not harm the client. A child process must call this again.
     *
     * @return resource
     *
     * @throws LogicException in a web server: PHP opens descriptors only on the command line. poll() waits everywhere
     */
    public function reportStream()
    {
        if (PHP_SAPI !== 'cli') {
            throw new LogicException('PHP opens descriptors only on the command line; call poll() with a time limit.');
        }

        return $this->native->reportStream();
    }

    /**
     * @throws Exception\NotFoundException if there is no such event
     * @throws ExceptionInterface
     */
    public function getEvent(string $conversationId, string $eventId): Event
    {
        try {
            return $this->native->getEvent($conversationId, $eventId);
        } catch (ExceptionInterface $e) {
            $this->journal->failure('Event not fetched', $e, [
                'conversation_id' => $conversationId,
                'event_id' => $eventId,
            ]);
            throw $e;
        }
    }

    /**
     * @throws Exception\NotFoundException if there is no such event
     * @throws ExceptionInterface
     */
    public function deleteEvent(string $conversationId, string $eventId): void
    {
        $context = ['conversation_id' => $conversationId, 'event_id' => $eventId];
        try {
            $this->native->deleteEvent($conversationId, $eventId);
        } catch (ExceptionInterface $e) {
            $this->journal->failure('Event not deleted', $e, $context);
            throw $e;
        }
        $this->journal->success('Event deleted', $context);
    }

    /**
     * The events of a conversation. The loop fetches the pages that it needs. An exception ends the
     * loop; to continue, list again with `startId`.
     *
     * @param ?string $type           only events of this type
     * @param ?string $order          `asc` (the default) or `desc`
     * @param ?int    $pageSize       how many events a request fetches
     * @param ?string $startId        the first event id
     * @param ?string $endId          the last event id
     * @param ?bool   $excludeDeleted leave out deleted events
     *
     * @return Generator<int, Event>
     *
     * @throws ExceptionInterface at once if an argument is wrong; in the loop if the server refuses
     */
    public function listEvents(
        string $conversationId,
        ?string $type = null,
        ?string $order = null,
        ?int $pageSize = null,
        ?string $startId = null,
        ?string $endId = null,
        ?bool $excludeDeleted = null,
    ): Generator {
        $list = $this->native->listEvents($conversationId);
        $settings = [
            'type' => $type,
            'order' => $order,
            'page_size' => $pageSize === null ? null : (string) $pageSize,
            'start_id' => $startId,
            'end_id' => $endId,
            'exclude_deleted' => $excludeDeleted === null ? null : var_export($excludeDeleted, true),
        ];
        foreach ($settings as $name => $value) {
            if ($value !== null) {
                $list->set($name, $value);
            }
        }

        return $this->walk($list, $conversationId);
    }

    /**
     * Refuses further calls, and waits for calls under way and for queued events. Reports can still be
     * polled. Closing again does nothing.
     *
     * @param ?int $timeoutMs how long to wait before the rest is cancelled. With null it waits as long as
     *                        the time limits in the options allow; with 0 or less it does not wait
     *
     * @return bool whether nothing had to be cancelled
     *
     * @throws ExceptionInterface
     */
    public function close(?int $timeoutMs = null): bool
    {
        return $this->native->close(max(0, $timeoutMs ?? PHP_INT_MAX));
    }

    /**
     * Not a part of listEvents(): a generator runs, and throws, only from its first iteration on.
     *
     * @return Generator<int, Event>
     */
    private function walk(NativeEventList $list, string $conversationId): Generator
    {
        while (true) {
            try {
                $event = $list->next();
            } catch (ExceptionInterface $e) {
                $this->journal->failure('Events not listed', $e, ['conversation_id' => $conversationId]);
                throw $e;
            }
            if ($event === null) {
                return;
            }
            yield $event;
        }
    }
}
