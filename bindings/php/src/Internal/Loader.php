<?php

declare(strict_types=1);

namespace Vce\Internal;

use FFI;
use Vce\Exception\LibraryException;

/**
 * Finds the native library and checks its version.
 *
 * @internal
 */
final class Loader
{
    /** The release series that this package needs. Before 1.0, each series has its own ABI. */
    public const SERIES = '0.1';

    private const NAME = 'libvce.so.0';

    public static function load(): FFI
    {
        if (!class_exists(FFI::class, false)) {
            throw LibraryException::extensionMissing();
        }
        if (!method_exists(FFI::class, 'cdef')) {
            throw LibraryException::classSwitchedOff();
        }

        try {
            $preloaded = self::preloaded();

            return $preloaded === null ? self::open() : self::checked($preloaded, 'the preloaded library');
        } catch (FFI\Exception $e) {
            throw self::refused($e);
        }
    }

    /**
     * The exception that says why PHP refuses to use FFI.
     */
    public static function refused(FFI\Exception $e): LibraryException
    {
        return str_contains($e->getMessage(), 'ffi.enable')
            ? LibraryException::ffiSwitchedOff((string) ini_get('ffi.enable'), $e)
            : LibraryException::unusable($e);
    }

    /** The library, if `ffi.preload` or the application's preload script has loaded it. */
    private static function preloaded(): ?FFI
    {
        try {
            return FFI::scope('VCE');
        } catch (FFI\Exception $e) {
            return str_contains($e->getMessage(), 'ffi.enable') ? throw $e : null;
        }
    }

    private static function open(): FFI
    {
        $path = dirname(__DIR__, 2) . '/include/vce.php.h';
        $header = is_file($path) ? (string) file_get_contents($path) : '';
        if ($header === '') {
            throw LibraryException::headerMissing($path);
        }
        $tried = [];
        foreach (self::candidates() as $path) {
            try {
                return self::checked(FFI::cdef($header, $path), $path);
            } catch (FFI\Exception $e) {
                $message = $e->getMessage();
                if (str_starts_with($message, 'Failed loading')) {
                    $tried[$path] = self::reason($path, $message);
                } elseif (str_starts_with($message, 'Failed resolving')) {
                    throw LibraryException::versionMismatch("$path lacks a function ($message)", self::SERIES, $e);
                } else {
                    throw $e;
                }
            }
        }

        throw LibraryException::notFound($tried);
    }

    /**
     * @return list<string>
     */
    private static function candidates(): array
    {
        $named = (string) getenv('VCE_LIBRARY_PATH');

        // If the user names a path, only that one is tried: a fallback would hide a mistake in it.
        return $named !== '' ? [$named] : [dirname(__DIR__, 2) . '/lib/' . self::NAME, self::NAME];
    }

    /** Why a path failed. PHP itself says so only from 8.3 on. */
    private static function reason(string $path, string $message): string
    {
        $own = match (true) {
            !str_contains($path, '/') => "the system's loader does not find it",
            !is_file($path) => 'there is no such file',
            default => 'the file is not a library for this machine',
        };

        return $own . substr($message, strlen("Failed loading '$path'"));
    }

    private static function checked(FFI $ffi, string $path): FFI
    {
        $version = $ffi->vce_version();
        if (!str_starts_with($version, self::SERIES . '.')) {
            throw LibraryException::versionMismatch("$path is libvce $version", self::SERIES);
        }

        return $ffi;
    }
}
