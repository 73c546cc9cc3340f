<?php

/**
 * A request that enqueues events; `do` says what it does afterwards.
 */

declare(strict_types=1);

require __DIR__ . '/../../../bindings/php/vendor/autoload.php';

use Vce\Client;
use Vce\Options;

$client = new Client(Options::fromEnvironment(engine: 'shared', connectTimeout: 60_000, timeout: 60_000));
for ($n = 1; $n <= (int) $_GET['events']; ++$n) {
    $body = ['request' => (int) ($_GET['request'] ?? 0), 'n' => $n];
    $client->enqueueEvent((string) getenv('CONVERSATION_ID'), 'custom:web', $body, tag: $n);
}

switch ($_GET['do']) {
    case 'leave':
        echo getmypid();
        break;
    case 'flush':
        echo getmypid();
        fastcgi_finish_request();
        $client->flush(60_000);
        break;
    case 'poll':
        $client->flush(60_000);
        foreach ($client->poll() as $report) {
            echo "$report->tag {$report->outcome->name}\n";
        }
        break;
    case 'stream':
        try {
            $client->reportStream();
        } catch (LogicException $e) {
            echo $e->getMessage();
        }
        break;
}
