<?php

declare(strict_types=1);

namespace Vce\Internal;

use FFI;
use FFI\CData;
use Vce\Exception\ClosedException;
use Vce\Exception\LibraryException;
use Vce\Status;

/**
 * One object of the library, freed exactly once: with this one, or when the request ends.
 *
 * After a fatal error, such as one of `memory_limit`, PHP runs no destructors, so FatalEnd frees
 * what is still registered here. That is only what C knows, and keeps no PHP object alive.
 *
 * @internal
 */
final class Owned
{
    /** @var array<int, array{FFI, CData, string}> pointers, and the functions that free them */
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
            // First forgotten: whatever ends the request in between, nothing is freed twice.
            unset(self::$all[$this->number]);
            $this->ffi->{$this->free}($this->pointer);
        }
    }

    private function __clone()
    {
    }

    /**
     * A variable that a call is to write its result to. It is registered before the call, since
     * a time limit that is over ends the request as soon as the call returns.
     *
     * @throws LibraryException
     */
    public static function variable(string $type): self
    {
        return new self(Native::ffi(), Native::variable("$type *"), $type . '_free');
    }

    /**
     * A variable for an error: one that a call before did not need, if there is one.
     *
     * @throws LibraryException
     */
    public static function error(): self
    {
        $spare = array_pop(self::$spare);

        return $spare !== null && isset(self::$all[$spare->number]) ? $spare : self::variable('vce_error');
    }

    /**
     * Keeps a variable that holds no error for another call, which then need not make one.
     */
    public static function keep(self $error): void
    {
        self::$spare[] = $error;
    }

    /**
     * What a call returned.
     */
    public static function result(CData $pointer, string $free): self
    {
        return new self(Native::ffi(), $pointer, $free);
    }

    /**
     * Where the call is to write to.
     */
    public function address(): CData
    {
        return Native::address($this->pointer);
    }

    /**
     * @throws ClosedException once it is freed. At the end of a script PHP calls the destructors of
     *                         all objects, whatever still refers to them
     */
    public function pointer(): CData
    {
        if (!isset(self::$all[$this->number])) {
            throw new ClosedException('The client ended with the script, before this call.', Status::Closed);
        }

        return $this->pointer;
    }

    /**
     * What a fatal error has left.
     */
    public static function freeAll(): void
    {
        while (self::$all !== []) {
            [$ffi, $pointer, $free] = array_pop(self::$all);
            $ffi->$free($pointer);
        }
    }
}
