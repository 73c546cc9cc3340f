<?php

declare(strict_types=1);

namespace Vce\Exception;

use RuntimeException;
use Throwable;
use Vce\Internal\Described;
use Vce\Status;

/**
 * The native library cannot be used. No call can succeed until the installation is repaired.
 */
final class LibraryException extends RuntimeException implements ExceptionInterface
{
    use Described;

    public static function extensionMissing(): self
    {
        return self::because(
            "PHP's FFI extension is not loaded. Install it (in Docker: `docker-php-ext-install ffi`)"
            . ' and enable it in php.ini with `extension=ffi`.',
        );
    }

    public static function ffiSwitchedOff(string $setting, Throwable $previous): self
    {
        $now = "PHP's FFI is switched off here by `ffi.enable=$setting` in php.ini.";
        $remedy = $setting === 'preload'
            ? ' That setting allows FFI only to preloaded code, except on the command line: name this package\'s'
                . ' preload.php in `opcache.preload`, or set `ffi.enable=1`.'
            : ' Set `ffi.enable=1`, or `ffi.enable=preload` and name this package\'s preload.php in'
                . ' `opcache.preload`.';

        return self::because($now . $remedy, $previous);
    }

    public static function classSwitchedOff(): self
    {
        return self::because(
            "PHP's FFI is switched off here by `disable_classes` in php.ini. Take `FFI` out of that setting.",
        );
    }

    public static function headerMissing(string $path): self
    {
        return self::because("This package is incomplete: $path: there is no such file. Install the package again.");
    }

    public static function unusable(Throwable $previous): self
    {
        return self::because(
            "PHP's FFI cannot use the native library: {$previous->getMessage()}."
            . ' Install this package, and the libvce that belongs to it, again.',
            $previous,
        );
    }

    /**
     * @param array<string, string> $tried why each path failed
     */
    public static function notFound(array $tried): self
    {
        $lines = '';
        foreach ($tried as $path => $reason) {
            $lines .= "\n  $path: $reason";
        }

        return self::because(
            'The native library was not found. Install libvce, or name its file in the environment'
            . " variable VCE_LIBRARY_PATH. Tried:$lines",
        );
    }

    public static function versionMismatch(string $found, string $wanted, ?Throwable $previous = null): self
    {
        return self::because(
            "The native library does not fit this package: $found, but libvce $wanted is needed."
            . ' Install the version of libvce that belongs to this package.',
            $previous,
        );
    }

    private static function because(string $message, ?Throwable $previous = null): self
    {
        return new self($message, Status::Internal, previous: $previous);
    }
}
