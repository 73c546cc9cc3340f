<?php

declare(strict_types=1);

namespace Vce\Internal;

use FFI;
use FFI\CData;
use SensitiveParameter;
use Vce\Exception\ExceptionInterface;
use Vce\Exception\InvalidEventException;
use Vce\Exception\LibraryException;
use Vce\Outcome;
use Vce\Status;

/**
 * The one FFI object of the process, and the calls that need no handle.
 *
 * There is only one, because two `cdef`s of a header make incompatible types. Every object with C data
 * also refers to the FFI object, because C data that outlives it crashes PHP.
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
     * A C variable, zero at first. The first use of FFI is always here or in Loader.
     *
     * @throws LibraryException
     */
    public static function variable(string $type): CData
    {
        $ffi = self::ffi();
        try {
            return $ffi->new($type);
        } catch (FFI\Exception $e) {
            throw Loader::refused($e);
        }
    }

    public static function address(CData $variable): CData
    {
        return FFI::addr($variable);
    }

    public static function text(CData $pointer): string
    {
        return FFI::string($pointer);
    }

    /**
     * @throws ExceptionInterface
     */
    public static function validateType(string $type): void
    {
        self::refuseNul($type, 'The event type');
        $error = Owned::error();
        self::check(self::ffi()->vce_validate_type($type, $error->address()), $error);
    }

    /**
     * @throws ExceptionInterface
     */
    public static function validateBody(#[SensitiveParameter] string $body): void
    {
        self::refuseNul($body, 'The body');
        $error = Owned::error();
        self::check(self::ffi()->vce_validate_body($body, $error->address()), $error);
    }

    /**
     * Throws the exception for a failed call.
     *
     * @throws ExceptionInterface
     */
    public static function check(int $status, Owned $error): void
    {
        if ($status !== Status::Ok->value) {
            throw FFI::isNull($error->pointer())
                ? Failure::withoutError($status, Outcome::MaybeCreated)
                : Failure::read(self::ffi(), $error->pointer());
        }
        Owned::keep($error);
    }

    /**
     * Refuses a NUL: C would take it for the end of the text, and cut off the rest.
     *
     * @throws InvalidEventException
     */
    public static function refuseNul(#[SensitiveParameter] ?string $text, string $what): void
    {
        $offset = $text === null ? false : strpos($text, "\0");
        if ($offset !== false) {
            throw new InvalidEventException("$what contains a NUL at byte $offset.", Status::Argument, offset: $offset);
        }
    }
}
