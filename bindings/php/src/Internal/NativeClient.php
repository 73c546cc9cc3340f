<?php

declare(strict_types=1);

namespace Vce\Internal;

use FFI;
use SensitiveParameter;
use Vce\Event;
use Vce\Exception\ExceptionInterface;
use Vce\Exception\InternalException;
use Vce\Exception\InvalidEventException;
use Vce\Report;
use Vce\Stats;
use Vce\Status;

/**
 * A `vce_client`.
 *
 * @internal
 */
final class NativeClient
{
    public function __construct(private readonly FFI $ffi, private readonly Owned $client)
    {
    }

    private function __clone()
    {
    }

    /**
     * @throws ExceptionInterface
     */
    public function createEvent(
        string $conversationId,
        string $type,
        ?string $from,
        #[SensitiveParameter] string $body,
    ): Event {
        self::refuseNuls($conversationId, $type, $from, $body);

        $event = Owned::variable('vce_event');
        $error = Owned::error();
        Native::check(
            $this->ffi->vce_create_event(
                $this->client->pointer(),
                $conversationId,
                $type,
                $from,
                $body,
                $event->address(),
                $error->address(),
            ),
            $error,
        );

        return NativeEvent::read($this->ffi, $event->pointer());
    }

    /**
     * @throws ExceptionInterface
     */
    public function getEvent(string $conversationId, string $eventId): Event
    {
        Native::refuseNul($conversationId, 'The conversation id');
        Native::refuseNul($eventId, 'The event id');

        $event = Owned::variable('vce_event');
        $error = Owned::error();
        Native::check(
            $this->ffi->vce_get_event(
                $this->client->pointer(),
                $conversationId,
                $eventId,
                $event->address(),
                $error->address(),
            ),
            $error,
        );

        return NativeEvent::read($this->ffi, $event->pointer());
    }

    /**
     * @throws ExceptionInterface
     */
    public function deleteEvent(string $conversationId, string $eventId): void
    {
        Native::refuseNul($conversationId, 'The conversation id');
        Native::refuseNul($eventId, 'The event id');

        $error = Owned::error();
        Native::check(
            $this->ffi->vce_delete_event($this->client->pointer(), $conversationId, $eventId, $error->address()),
            $error,
        );
    }

    /**
     * @throws ExceptionInterface
     */
    public function listEvents(string $conversationId): NativeEventList
    {
        Native::refuseNul($conversationId, 'The conversation id');

        $list = Owned::variable('vce_event_list');
        $error = Owned::error();
        Native::check(
            $this->ffi->vce_list_events($this->client->pointer(), $conversationId, $list->address(), $error->address()),
            $error,
        );

        return new NativeEventList($this->ffi, $list);
    }

    /**
     * @throws ExceptionInterface
     */
    public function enqueueEvent(
        string $conversationId,
        string $type,
        ?string $from,
        #[SensitiveParameter] string $body,
        int $tag,
    ): void {
        self::refuseNuls($conversationId, $type, $from, $body);

        $error = Owned::error();
        Native::check(
            $this->ffi->vce_enqueue_event(
                $this->client->pointer(),
                $conversationId,
                $type,
                $from,
                $body,
                // C takes it as unsigned: a negative number keeps its bits, and comes back as it was.
                $tag,
                $error->address(),
            ),
            $error,
        );
    }

    /**
     * The next delivery report; null if none came in time.
     */
    public function poll(int $timeoutMs): ?Report
    {
        $report = $this->ffi->vce_poll($this->client->pointer(), $timeoutMs);

        if ($report === null) {
            return null;
        }
        $report = Owned::result($report, 'vce_report_free');

        return NativeReport::read($this->ffi, $report->pointer());
    }

    /**
     * @return int how many events are not finished
     *
     * @throws ExceptionInterface
     */
    public function flush(int $timeoutMs): int
    {
        $remaining = Native::variable('uint64_t');
        $error = Owned::error();
        $status = $this->ffi->vce_flush(
            $this->client->pointer(),
            $timeoutMs,
            Native::address($remaining),
            $error->address(),
        );
        $this->checkUnlessTimeout($status, $error);

        return $remaining->cdata;
    }

    /**
     * A stream on a duplicate of the descriptor. The descriptor itself still belongs to the client.
     *
     * @return resource
     */
    public function reportStream()
    {
        $stream = @fopen("php://fd/{$this->ffi->vce_report_fd($this->client->pointer())}", 'r');
        if ($stream === false) {
            throw new InternalException('No file descriptor is left for the reports.', Status::Internal);
        }

        return $stream;
    }

    public function stats(): Stats
    {
        $text = Owned::result($this->ffi->vce_client_stats($this->client->pointer()), 'vce_string_free');

        return NativeStats::read($this->ffi, Native::text($text->pointer()));
    }

    /**
     * @return bool whether nothing had to be cancelled
     *
     * @throws ExceptionInterface
     */
    public function close(int $timeoutMs): bool
    {
        $error = Owned::error();
        $status = $this->ffi->vce_client_close($this->client->pointer(), $timeoutMs, $error->address());

        return $this->checkUnlessTimeout($status, $error);
    }

    /**
     * @return bool whether it was not a timeout
     *
     * @throws ExceptionInterface
     */
    private function checkUnlessTimeout(int $status, Owned $error): bool
    {
        if ($status === Status::Timeout->value) {
            return false;
        }
        Native::check($status, $error);

        return true;
    }

    /**
     * @throws InvalidEventException
     */
    private static function refuseNuls(
        string $conversationId,
        string $type,
        ?string $from,
        #[SensitiveParameter] string $body,
    ): void {
        Native::refuseNul($conversationId, 'The conversation id');
        Native::refuseNul($type, 'The event type');
        Native::refuseNul($from, 'The member id');
        Native::refuseNul($body, 'The body');
    }
}
