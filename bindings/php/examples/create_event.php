<?php

/**
 * Creates one custom event:
 *
 *     VONAGE_APPLICATION_ID=… VONAGE_APPLICATION_PRIVATE_KEY_PATH=private.key \
 *     CONVERSATION_ID=CON-… [MEMBER_ID=MEM-…] php create_event.php custom:order_paid '{"total": 12}'
 */

declare(strict_types=1);

require __DIR__ . '/../vendor/autoload.php';

use Vce\Client;
use Vce\Exception\ExceptionInterface;
use Vce\Options;
use Vce\Outcome;

$type = $argv[1] ?? 'custom:hello_from_php';
$body = $argv[2] ?? ['language' => 'PHP'];

try {
    $client = new Client(Options::fromEnvironment(appName: 'vce-example/1.0'));
    $event = $client->createEvent(
        getenv('CONVERSATION_ID') ?: '',
        $type,
        $body,
        from: getenv('MEMBER_ID') ?: null,
    );
} catch (ExceptionInterface $e) {
    fwrite(STDERR, "{$e->status->name}: {$e->getMessage()}\n");
    fwrite(STDERR, match ($e->outcome) {
        Outcome::NotCreated => "The event was not created.\n",
        Outcome::MaybeCreated => "The event may have been created: list the events before you create it again.\n",
        Outcome::Created => "The event was created.\n",
    });
    exit(1);
}

echo "PHP created event $event->id at $event->timestamp\n";
