<?php

/**
 * Calls every method that may be the first to load the library, and prints what each throws.
 */

declare(strict_types=1);

require __DIR__ . '/../../../bindings/php/vendor/autoload.php';

use Vce\Client;
use Vce\EventBody;
use Vce\EventType;
use Vce\Library;
use Vce\Options;

$thrown = [];
foreach (
    [
        'version' => static fn () => Library::version(),
        'a type that is valid' => static fn () => EventType::isValid('custom:a'),
        'a type' => static fn () => EventType::assertValid('custom:a'),
        'a body that is valid' => static fn () => EventBody::isValid([]),
        'a body' => static fn () => EventBody::assertValid('{}'),
        'a client' => static fn () => new Client(new Options(token: 'a.b.c')),
        'a client from the environment' => static fn () => new Client(Options::fromEnvironment(token: 'a.b.c')),
    ] as $way => $go
) {
    try {
        $go();
        $thrown[$way] = null;
    } catch (Throwable $e) {
        $thrown[$way] = [$e::class, $e->getMessage()];
    }
}
echo json_encode($thrown, JSON_THROW_ON_ERROR);
