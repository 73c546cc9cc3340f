<?php

declare(strict_types=1);

namespace Vce\Internal;

use FFI;
use Vce\Event;
use Vce\Exception\ExceptionInterface;
use Vce\Status;

/**
 * A `vce_event_list`.
 *
 * @internal
 */
final class NativeEventList
{
    public function __construct(private readonly FFI $ffi, private readonly Owned $list)
    {
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

        $error = Owned::error();
        Native::check(
            $this->ffi->vce_event_list_set($this->list->pointer(), $name, $value, $error->address()),
            $error,
        );
    }

    /**
     * The next event, null after the last. Fetches the next page when it is needed.
     *
     * @throws ExceptionInterface
     */
    public function next(): ?Event
    {
        $event = Owned::variable('vce_event');
        $error = Owned::error();
        $status = $this->ffi->vce_event_list_next($this->list->pointer(), $event->address(), $error->address());
        if ($status === Status::End->value) {
            return null;
        }
        Native::check($status, $error);

        return NativeEvent::read($this->ffi, $event->pointer());
    }
}
