<?php

/**
 * Forks again and again while events are sent in the background, with the engine that the argument names.
 */

declare(strict_types=1);

require __DIR__ . '/../../../bindings/php/vendor/autoload.php';

use Vce\Client;
use Vce\Options;
use Vce\Outcome;

const FORKS = 100;
const EVENTS_BETWEEN = 20;

/** What a child does; false if anything is not its own. */
function child(Client $client, string $conversation, int $n): bool
{
    $own = iterator_to_array($client->poll()) === [] && $client->stats()->accepted === 0;
    $client->enqueueEvent($conversation, 'custom:child', ['n' => $n], tag: $n);
    foreach ($client->poll(60_000) as $report) {
        return $own && $report->tag === $n && $report->outcome === Outcome::Created;
    }

    return false;
}

$conversation = (string) getenv('CONVERSATION_ID');
$client = new Client(Options::fromEnvironment(engine: $argv[1]));
$enqueued = 0;
$reported = [];
$children = [];
$busy = [];

for ($n = 1; $n <= FORKS; ++$n) {
    for ($i = 0; $i < EVENTS_BETWEEN; ++$i) {
        $client->enqueueEvent($conversation, 'custom:parent', ['n' => ++$enqueued], tag: $enqueued);
    }
    $pid = pcntl_fork();
    if ($pid === 0) {
        // Every third child does not use the client that it inherited, but frees it.
        exit($n % 3 === 0 || child($client, $conversation, $n) ? 0 : 1);
    }
    if ($n % 3 !== 0) {
        $children[] = $n;
    }
    $busy[] = $pid;
    foreach ($client->poll() as $report) {
        $reported[] = $report->tag;
    }
    if (count($busy) === 4 || $n === FORKS) {
        foreach ($busy as $pid) {
            pcntl_waitpid($pid, $status);
            if ($status !== 0) {
                exit("A child ended with $status.\n");
            }
        }
        $busy = [];
    }
}

if ($client->flush(60_000) !== 0) {
    exit("Events are left.\n");
}
foreach ($client->poll() as $report) {
    $reported[] = $report->tag;
}
if ($reported !== range(1, $enqueued)) {
    exit("The reports are not those of the events.\n");
}

echo json_encode([
    'enqueued' => $enqueued,
    'reported' => count($reported),
    'children' => $children,
], JSON_THROW_ON_ERROR);
