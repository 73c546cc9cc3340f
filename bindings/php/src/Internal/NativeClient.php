<?php

declare(strict_types=1);

namespace Vce\Internal;

use FFI;
use FFI\CData;
use SensitiveParameter;
use Vce\Event;
use Vce\Exception\ExceptionInterface;
use Vce\Exception\InternalException;
use Vce\Exception\InvalidEventException;
use Vce\Report;
use Vce\Stats;
use Vce\Status;

/**
 * Owns a `vce_client`.
 *
 * @internal
 */
final class NativeClient
{
    public function __construct(private readonly FFI $ffi, private readonly CData $client)
    {
    }

    public function __destruct()
    {
        $this->ffi->vce_client_free($this->client);
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

        $event = $this->ffi->new('vce_event *');
        $error = $this->ffi->new('vce_error *');
        Native::check(
            $this->ffi->vce_create_event(
                $this->client,
                $conversationId,
                $type,
                $from,
                $body,
                FFI::addr($event),
                FFI::addr($error),
            ),
            $error,
        );

        return NativeEvent::take($this->ffi, $event);
    }

    /**
     * @throws ExceptionInterface
     */
    public function getEvent(string $conversationId, string $eventId): Event
    {
        Native::refuseNul($conversationId, 'The conversation id');
        Native::refuseNul($eventId, 'The event id');

        $event = $this->ffi->new('vce_event *');
        $error = $this->ffi->new('vce_error *');
        Native::check(
            $this->ffi->vce_get_event(
                $this->client,
                $conversationId,
                $eventId,
                FFI::addr($event),
                FFI::addr($error),
            ),
            $error,
        );

        return NativeEvent::take($this->ffi, $event);
    }

    /**
     * @throws ExceptionInterface
     */
    public function deleteEvent(string $conversationId, string $eventId): void
    {
        Native::refuseNul($conversationId, 'The conversation id');
        Native::refuseNul($eventId, 'The event id');

        $error = $this->ffi->new('vce_error *');
        Native::check(
            $this->ffi->vce_delete_event($this->client, $conversationId, $eventId, FFI::addr($error)),
            $error,
        );
    }

    /**
     * @throws ExceptionInterface
     */
    public function listEvents(string $conversationId): NativeEventList
    {
        Native::refuseNul($conversationId, 'The conversation id');

        $list = $this->ffi->new('vce_event_list *');
        $error = $this->ffi->new('vce_error *');
        Native::check(
            $this->ffi->vce_list_events($this->client, $conversationId, FFI::addr($list), FFI::addr($error)),
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

        $error = $this->ffi->new('vce_error *');
        Native::check(
            $this->ffi->vce_enqueue_event(
                $this->client,
                $conversationId,
                $type,
                $from,
                $body,
                // C has it unsigned: a negative number is as many bits, and comes back as it was.
                $tag,
                FFI::addr($error),
            ),
            $error,
        );
    }

    /**
     * The next delivery report; null if none came in time.
     */
    public function poll(int $timeoutMs): ?Report
    {
        $report = $this->ffi->vce_poll($this->client, $timeoutMs);

        return $report === null ? null : NativeReport::take($this->ffi, $report);
    }

    /**
     * @return int how many events have not come to their end
     *
     * @throws ExceptionInterface
     */
    public function flush(int $timeoutMs): int
    {
        $remaining = $this->ffi->new('uint64_t');
        $error = $this->ffi->new('vce_error *');
        $status = $this->ffi->vce_flush($this->client, $timeoutMs, FFI::addr($remaining), FFI::addr($error));
        $this->checkUnlessTimeout($status, $error);

        return $remaining->cdata;
    }

    /**
     * A stream of a duplicate of the descriptor, which itself stays the client's.
     *
     * @return resource
     */
    public function reportStream()
    {
        $stream = @fopen("php://fd/{$this->ffi->vce_report_fd($this->client)}", 'r');
        if ($stream === false) {
            throw new InternalException('There is no descriptor left for the reports.', Status::Internal);
        }

        return $stream;
    }

    public function stats(): Stats
    {
        return NativeStats::take($this->ffi, $this->ffi->vce_client_stats($this->client));
    }

    /**
     * @return bool whether nothing had to be cancelled
     *
     * @throws ExceptionInterface
     */
    public function close(int $timeoutMs): bool
    {
        $error = $this->ffi->new('vce_error *');
        $status = $this->ffi->vce_client_close($this->client, $timeoutMs, FFI::addr($error));

        return $this->checkUnlessTimeout($status, $error);
    }

    /**
     * @return bool whether it was not a timeout
     *
     * @throws ExceptionInterface
     */
    private function checkUnlessTimeout(int $status, CData $error): bool
    {
        if ($status === Status::Timeout->value) {
            $this->ffi->vce_error_free($error);

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
