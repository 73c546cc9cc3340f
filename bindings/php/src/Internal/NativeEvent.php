<?php

declare(strict_types=1);

namespace Vce\Internal;

use FFI;
use FFI\CData;
use Vce\Event;

/**
 * Turns a `vce_event` into an Event.
 *
 * @internal
 */
final class NativeEvent
{
    /**
     * The values of an event. The event still belongs to its owner.
     */
    public static function read(FFI $ffi, CData $event): Event
    {
        $body = $ffi->vce_event_body($event);

        return new Event(
            $ffi->vce_event_id($event),
            $ffi->vce_event_type($event),
            $ffi->vce_event_from($event),
            $ffi->vce_event_timestamp($event),
            // JSON that PHP cannot decode throws nothing, because the event exists.
            $body === null ? null : Json::decode($body),
            $ffi->vce_event_json($event),
        );
    }
}
