<?php

/**
 * Lists a conversation's events, newest first, one line of JSON each:
 *
 *     VONAGE_APPLICATION_ID=… VONAGE_APPLICATION_PRIVATE_KEY_PATH=private.key \
 *     CONVERSATION_ID=CON-… php list_events.php [custom:order_paid]
 */

declare(strict_types=1);

require __DIR__ . '/../vendor/autoload.php';

use Vce\Client;
use Vce\Exception\ExceptionInterface;
use Vce\Options;

try {
    $client = new Client(Options::fromEnvironment());
    $events = $client->listEvents(getenv('CONVERSATION_ID') ?: '', type: $argv[1] ?? null, order: 'desc');
    foreach ($events as $event) {
        echo "$event->json\n";
    }
} catch (ExceptionInterface $e) {
    fwrite(STDERR, "{$e->status->name}: {$e->getMessage()}\n");
    exit(1);
}
