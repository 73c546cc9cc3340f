<?php

/**
 * Uses a client in a destructor that runs after the client's own. At the end of a script PHP calls the
 * destructors of all objects in the order in which these were made, even if others still refer to them.
 */

declare(strict_types=1);

require __DIR__ . '/../../../bindings/php/vendor/autoload.php';

use Vce\Client;
use Vce\Exception\ClosedException;
use Vce\Options;

final class LastUser
{
    public static ?self $last = null;

    public function __construct(private readonly Client $client, private readonly string $conversation)
    {
    }

    public function __destruct()
    {
        foreach (
            [
                fn () => $this->client->createEvent($this->conversation, 'custom:end', []),
                fn () => $this->client->enqueueEvent($this->conversation, 'custom:end', []),
                fn () => iterator_to_array($this->client->poll()),
                fn () => $this->client->flush(1000),
                fn () => $this->client->stats(),
                fn () => $this->client->getEvent($this->conversation, '1'),
                fn () => $this->client->deleteEvent($this->conversation, '1'),
                fn () => iterator_to_array($this->client->listEvents($this->conversation)),
                fn () => $this->client->reportStream(),
                fn () => $this->client->close(),
            ] as $call
        ) {
            try {
                $call();
                echo "done\n";
            } catch (ClosedException) {
                echo "closed\n";
            }
        }
    }
}

$client = new Client(Options::fromEnvironment());
// They take the places of freed objects, which are before the client's place.
$others = [];
while (count($others) < 100) {
    $others[] = new stdClass();
}
LastUser::$last = new LastUser($client, (string) getenv('CONVERSATION_ID'));
echo "ready\n";
