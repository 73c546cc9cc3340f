<?php

declare(strict_types=1);

namespace Vce\Internal;

use FFI;
use FFI\CData;
use SensitiveParameter;
use Vce\Event;
use Vce\Exception\ExceptionInterface;
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
        Native::refuseNul($conversationId, Status::ConversationId, 'The conversation id');
        Native::refuseNul($type, Status::TypeCharacter, 'The event type');
        Native::refuseNul($from, Status::MemberId, 'The member id');
        Native::refuseNul($body, Status::BodyJson, 'The body');

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
        Native::refuseNul($conversationId, Status::ConversationId, 'The conversation id');
        Native::refuseNul($eventId, Status::EventId, 'The event id');

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
        Native::refuseNul($conversationId, Status::ConversationId, 'The conversation id');
        Native::refuseNul($eventId, Status::EventId, 'The event id');

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
        Native::refuseNul($conversationId, Status::ConversationId, 'The conversation id');

        $list = $this->ffi->new('vce_event_list *');
        $error = $this->ffi->new('vce_error *');
        Native::check(
            $this->ffi->vce_list_events($this->client, $conversationId, FFI::addr($list), FFI::addr($error)),
            $error,
        );

        return new NativeEventList($this->ffi, $list);
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
        if ($status === Status::Timeout->value) {
            $this->ffi->vce_error_free($error);

            return false;
        }
        Native::check($status, $error);

        return true;
    }
}
