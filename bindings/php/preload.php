<?php

/**
 * For `opcache.preload`: compiles every class of this package once, when the server starts.
 *
 * With `ffi.enable=preload`, PHP's default, only preloaded code may use FFI in a web server.
 */

declare(strict_types=1);

foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator(__DIR__ . '/src')) as $file) {
    if ($file->getExtension() === 'php') {
        opcache_compile_file($file->getPathname());
    }
}
