<?php

/**
 * Checks a type and a body against the rules, without network or credentials:
 *
 *     php validate.php custom:order_paid '{"total": 12}'
 */

declare(strict_types=1);

require __DIR__ . '/../vendor/autoload.php';

use Vce\EventBody;
use Vce\EventType;
use Vce\Exception\InvalidEventException;

if ($argc !== 3) {
    fwrite(STDERR, "Usage: php validate.php TYPE BODY\n");
    exit(2);
}

try {
    EventType::assertValid($argv[1]);
    EventBody::assertValid($argv[2]);
} catch (InvalidEventException $e) {
    fwrite(STDERR, "{$e->status->name}: {$e->getMessage()}\n");
    exit(1);
}

echo "valid\n";
