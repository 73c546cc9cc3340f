<?php

declare(strict_types=1);

namespace Vce\Internal;

/**
 * Frees the library's objects when a fatal error ends a request: PHP calls no destructors then.
 *
 * Shutdown functions still run. To learn whether PHP still calls destructors, they drop the only object
 * of this class: its destructor takes a note.
 *
 * @internal
 */
final class FatalEnd
{
    /** How much memory a shutdown function needs after `memory_limit` was reached. */
    private const RESERVE = 32_768;

    private static ?self $probe = null;
    private static bool $destructorsRun = false;

    /** @var list<string> */
    private static array $reserves = [];

    public function __destruct()
    {
        self::$destructorsRun = true;
    }

    public static function watch(): void
    {
        if (self::$probe === null && !self::$destructorsRun) {
            self::$reserves = [str_repeat("\0", self::RESERVE), str_repeat("\0", self::RESERVE)];
            self::$probe = new self();
            register_shutdown_function([self::class, 'atShutdown']);
        }
    }

    public static function atShutdown(): void
    {
        array_pop(self::$reserves);
        self::$probe = null;
        if (!self::$destructorsRun) {
            // After the application's own functions, which may still use their clients.
            register_shutdown_function([self::class, 'atEnd']);
        }
    }

    public static function atEnd(): void
    {
        self::$reserves = [];
        Owned::freeAll();
    }
}
