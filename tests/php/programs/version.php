<?php

declare(strict_types=1);

require __DIR__ . '/../../../bindings/php/vendor/autoload.php';

try {
    echo Vce\Library::version(), "\n";
} catch (Vce\Exception\LibraryException $e) {
    fwrite(STDERR, $e->getMessage() . "\n");
    exit(1);
}
