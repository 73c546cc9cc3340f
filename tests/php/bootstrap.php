<?php

declare(strict_types=1);

require __DIR__ . '/../../bindings/php/vendor/autoload.php';
require 'Psr/Log/autoload.php';

spl_autoload_register(static function (string $class): void {
    if (str_starts_with($class, 'Vce\\Tests\\')) {
        require __DIR__ . '/' . substr($class, strlen('Vce\\Tests\\')) . '.php';
    }
});
