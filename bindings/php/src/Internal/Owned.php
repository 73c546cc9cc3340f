<?php

declare(strict_types=1);

namespace Vce\Internal;

use FFI;
use FFI\CData;
use Vce\Exception\ClosedException;
use Vce\Exception\LibraryException;
use Vce\Status;

/**
 * One object of the library. It is freed exactly once: together with this object, or when the request ends.
 *
 * After a fatal error, such as one of `memory_limit`, PHP runs no destructors. FatalEnd then frees what is
 * still registered here. Only C pointers are registered, so that no PHP object is kept alive.
 *
 * @internal
 */
final class Owned
{
    /** @var array<int, array{FFI, CData, string}> pointers, and the names of the functions that free them */
    private static array $all = [];

    /** @var list<self> */
    private static array $spare = [];

    private static int $count = 0;

    private readonly int $number;

    private function __construct(
        private readonly FFI $ffi,
        private readonly CData $pointer,
        private readonly string $free,
    ) {
        FatalEnd::watch();
        $this->number = ++self::$count;
        self::$all[$this->number] = [$ffi, $pointer, $free];
    }

    public function __destruct()
    {
        if (isset(self::$all[$this->number])) {
            // Unregistered first: even if the request ends in between, nothing is freed twice.
            unset(self::$all[$this->number]);
            $this->ffi->{$this->free}($this->pointer);
        }
    }

    private function __clone()
    {
    }

    /**
     * A variable for the result of a call. It is registered before the call, because a time limit may end
     * the request as soon as the call returns.
     *
     * @throws LibraryException
     */
    public static function variable(string $type): self
    {
        return new self(Native::ffi(), Native::variable("$type *"), $type . '_free');
    }

    /**
     * A variable for an error. If an earlier call did not need its variable, it is used again.
     *
     * @throws LibraryException
     */
    public static function error(): self
    {
        $spare = array_pop(self::$spare);

        return $spare !== null && isset(self::$all[$spare->number]) ? $spare : self::variable('vce_error');
    }

    /**
     * Keeps a variable without an error, for another call to use.
     */
    public static function keep(self $error): void
    {
        self::$spare[] = $error;
    }

    /**
     * The object that a call returned.
     */
    public static function result(CData $pointer, string $free): self
    {
        return new self(Native::ffi(), $pointer, $free);
    }

    /**
     * The address that a call writes its result to.
     */
    public function address(): CData
    {
        return Native::address($this->pointer);
    }

    /**
     * @throws ClosedException if it was freed already. At the end of a script PHP calls the destructors
     *                         of all objects, even of those that others still use
     */
    public function pointer(): CData
    {
        if (!isset(self::$all[$this->number])) {
            throw new ClosedException('The client ended with the script, before this call.', Status::Closed);
        }

        return $this->pointer;
    }

    /**
     * Frees everything that is left after a fatal error.
     */
    public static function freeAll(): void
    {
        while (self::$all !== []) {
            [$ffi, $pointer, $free] = array_pop(self::$all);
            $ffi->$free($pointer);
        }
    }
}
