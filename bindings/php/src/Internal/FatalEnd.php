<?php

declare(strict_types=1);

namespace Vce\Internal;

/**
 * The end of a request by a fatal error, after which PHP calls no destructors.
 *
 * Functions registered for the shutdown still run. The only object of this class shows them whether
 * destructors will run: it has one itself.
 *
 * @internal
 */
final class FatalEnd
{
    /** What a function needs that runs when no memory is left. */
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
