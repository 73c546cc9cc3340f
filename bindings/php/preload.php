<?php

/**
 * For `opcache.preload`: compiles every class of this package once, when the server starts.
 *
 * Preloaded code may use FFI also where `ffi.enable=preload`, PHP's default, forbids it to any other.
 */

declare(strict_types=1);

foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator(__DIR__ . '/src')) as $file) {
    if ($file->getExtension() === 'php') {
        opcache_compile_file($file->getPathname());
    }
}
