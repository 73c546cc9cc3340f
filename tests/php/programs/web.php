<?php

declare(strict_types=1);

require __DIR__ . '/../../../bindings/php/vendor/autoload.php';

try {
    $client = new Vce\Client(Vce\Options::fromEnvironment(engine: $_GET['engine'] ?? null));
    echo 'created ', $client->createEvent((string) getenv('CONVERSATION_ID'), 'custom:web', [])->id;
} catch (Vce\Exception\ExceptionInterface $e) {
    echo $e->getMessage();
}
