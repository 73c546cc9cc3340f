<?php

declare(strict_types=1);

namespace Vce\Internal;

use FFI;
use FFI\CData;
use SensitiveParameter;
use Vce\Exception\ExceptionInterface;
use Vce\Exception\InvalidEventException;
use Vce\Status;

/**
 * The one FFI object of the process, and the calls that need no handle.
 *
 * There is only one because two `cdef`s of a header make incompatible types. Whoever holds C data
 * holds the FFI object too, because C data that outlives it crashes PHP.
 *
 * @internal
 */
final class Native
{
    private static ?FFI $ffi = null;

    public static function ffi(): FFI
    {
        return self::$ffi ??= Loader::load();
    }

    public static function version(): string
    {
        return self::ffi()->vce_version();
    }

    /**
     * @throws ExceptionInterface
     */
    public static function validateType(string $type): void
    {
        self::refuseNul($type, 'The event type');
        $ffi = self::ffi();
        $error = $ffi->new('vce_error *');
        self::check($ffi->vce_validate_type($type, FFI::addr($error)), $error);
    }

    /**
     * @throws ExceptionInterface
     */
    public static function validateBody(#[SensitiveParameter] string $body): void
    {
        self::refuseNul($body, 'The body');
        $ffi = self::ffi();
        $error = $ffi->new('vce_error *');
        self::check($ffi->vce_validate_body($body, FFI::addr($error)), $error);
    }

    /**
     * Throws what a call reported, and frees it.
     *
     * @throws ExceptionInterface
     */
    public static function check(int $status, CData $error): void
    {
        if ($status !== Status::Ok->value) {
            throw Failure::take(self::ffi(), $error);
        }
    }

    /**
     * A C string ends at its first NUL: what follows would be cut off unnoticed.
     *
     * @throws InvalidEventException
     */
    public static function refuseNul(#[SensitiveParameter] ?string $text, string $what): void
    {
        $offset = $text === null ? false : strpos($text, "\0");
        if ($offset !== false) {
            throw self::nulAt($offset, $what);
        }
    }

    public static function nulAt(int $offset, string $what): InvalidEventException
    {
        return new InvalidEventException("$what contains a NUL at byte $offset.", Status::Argument, offset: $offset);
    }
}
