<?php

declare(strict_types=1);

namespace Vce\Internal;

use JsonException;
use SensitiveParameter;

/**
 * JSON as the API needs it. PHP needs flags to write it so.
 *
 * @internal
 */
final class Json
{
    private const FLAGS = JSON_PRESERVE_ZERO_FRACTION
        | JSON_THROW_ON_ERROR
        | JSON_UNESCAPED_SLASHES
        | JSON_UNESCAPED_UNICODE;

    /**
     * @param array<array-key, mixed>|object $value
     *
     * @throws JsonException
     */
    public static function encode(#[SensitiveParameter] array|object $value): string
    {
        return json_encode($value, self::FLAGS);
    }

    /**
     * Objects become arrays, and integers too large for PHP strings. Null if PHP cannot decode the text.
     */
    public static function decode(#[SensitiveParameter] string $json): mixed
    {
        return json_decode($json, true, 512, JSON_BIGINT_AS_STRING);
    }
}
