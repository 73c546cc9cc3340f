<?php

declare(strict_types=1);

namespace Vce;

/**
 * An event as the server described it. A field that the server left out is null.
 */
final class Event
{
    /**
     * @param ?string $id        as text, whether the server sent a number or a string
     * @param ?string $from      the member that the event came from
     * @param ?string $timestamp the server's text, such as `2020-01-01T14:00:00.00Z`
     * @param mixed   $body      decoded: objects as arrays, integers too large for PHP as strings. Null
     *                           also if PHP cannot decode it (a lone surrogate); `$json` contains it in any case
     * @param string  $json      the whole event, byte for byte as the server sent it
     */
    public function __construct(
        public readonly ?string $id,
        public readonly ?string $type,
        public readonly ?string $from,
        public readonly ?string $timestamp,
        public readonly mixed $body,
        public readonly string $json,
    ) {
    }
}
