<?php

declare(strict_types=1);

namespace Vce\Internal;

use FFI;
use FFI\CData;
use Vce\Event;
use Vce\Exception\ExceptionInterface;
use Vce\Status;

/**
 * Owns a `vce_event_list`.
 *
 * @internal
 */
final class NativeEventList
{
    public function __construct(private readonly FFI $ffi, private readonly CData $list)
    {
    }

    public function __destruct()
    {
        $this->ffi->vce_event_list_free($this->list);
    }

    private function __clone()
    {
    }

    /**
     * @throws ExceptionInterface
     */
    public function set(string $name, string $value): void
    {
        Native::refuseNul($value, "The value of $name");

        $error = $this->ffi->new('vce_error *');
        Native::check($this->ffi->vce_event_list_set($this->list, $name, $value, FFI::addr($error)), $error);
    }

    /**
     * The next event, fetching a page if need be; null after the last.
     *
     * @throws ExceptionInterface
     */
    public function next(): ?Event
    {
        $event = $this->ffi->new('vce_event *');
        $error = $this->ffi->new('vce_error *');
        $status = $this->ffi->vce_event_list_next($this->list, FFI::addr($event), FFI::addr($error));
        if ($status === Status::End->value) {
            return null;
        }
        Native::check($status, $error);

        return NativeEvent::take($this->ffi, $event);
    }
}
