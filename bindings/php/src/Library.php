<?php

declare(strict_types=1);

namespace Vce;

use Vce\Exception\LibraryException;
use Vce\Internal\Native;

/**
 * The native library behind this package.
 */
final class Library
{
    /**
     * The library's version, such as `0.1.0`.
     *
     * @throws LibraryException if it cannot be loaded: FFI is switched off, or the library
     *                          is missing or has another version
     */
    public static function version(): string
    {
        return Native::version();
    }
}
