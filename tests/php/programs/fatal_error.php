<?php

/**
 * A request that ends as `how` says, with native objects of every kind in use.
 */

declare(strict_types=1);

require __DIR__ . '/../../../bindings/php/vendor/autoload.php';

use Vce\Client;
use Vce\EventType;
use Vce\Exception\ExceptionInterface;
use Vce\Options;

$how = $_GET['how'];
if ($how === 'pid') {
    exit((string) getmypid());
}

$conversation = (string) getenv('CONVERSATION_ID');
$options = Options::fromEnvironment(engine: $_GET['engine']);
$client = new Client($options);
$client->createEvent($conversation, 'custom:fatal', ['text' => str_repeat('x', 4000)]);
$client->enqueueEvent($conversation, 'custom:fatal', []);
$list = $client->listEvents($conversation, pageSize: 1);
$list->current();
$kept = [];
try {
    EventType::assertValid('wrong');
} catch (ExceptionInterface $e) {
    $kept[] = $e;
}

// A function of the application, registered after the first client was made.
register_shutdown_function(static function () use ($client, $how): void {
    echo "$how: ", $client->flush(60_000);
});

set_time_limit(str_starts_with($how, 'time') ? 1 : 0);
switch ($how) {
    case 'memory':
        ini_set('memory_limit', '8M');
        while (true) {
            $kept[] = [1];
        }
        break;
    case 'memory, at once':
        ini_set('memory_limit', '8M');
        str_repeat('x', 1 << 27);
        break;
    case 'memory, in the library':
        ini_set('memory_limit', '4M');
        $id = $list->current()->id;
        while (true) {
            $kept[] = $client->getEvent($conversation, $id);
        }
        break;
    case 'time':
        while (true) {
        }
        break;
    case 'time, in the library':
        while (true) {
            $client->stats();
            EventType::isValid('wrong');
        }
        break;
}
