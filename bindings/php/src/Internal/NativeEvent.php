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
     * The values of an event, which stays its owner's.
     */
    public static function read(FFI $ffi, CData $event): Event
    {
        $body = $ffi->vce_event_body($event);

        return new Event(
            $ffi->vce_event_id($event),
            $ffi->vce_event_type($event),
            $ffi->vce_event_from($event),
            $ffi->vce_event_timestamp($event),
            // Nothing is thrown for JSON that PHP cannot decode: the event exists all the same.
            $body === null ? null : Json::decode($body),
            $ffi->vce_event_json($event),
        );
    }
}
