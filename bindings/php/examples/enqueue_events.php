<?php

/**
 * Sends each line of standard input, a JSON object, as a custom event in the background:
 *
 *     readings | VONAGE_APPLICATION_ID=… VONAGE_APPLICATION_PRIVATE_KEY_PATH=private.key \
 *     CONVERSATION_ID=CON-… php enqueue_events.php custom:reading
 */

declare(strict_types=1);

require __DIR__ . '/../vendor/autoload.php';

use Vce\Client;
use Vce\Exception\ExceptionInterface;
use Vce\Exception\InvalidEventException;
use Vce\Exception\QueueFullException;
use Vce\Options;

$type = $argv[1] ?? 'custom:hello_from_php';
$failures = 0;
$tell = static function (iterable $reports) use (&$failures): void {
    foreach ($reports as $report) {
        if ($report->error === null) {
            echo "line $report->tag: event {$report->event?->id}\n";
        } else {
            ++$failures;
            fwrite(STDERR, "line $report->tag: {$report->outcome->name}: {$report->error->getMessage()}\n");
        }
    }
};

try {
    $client = new Client(Options::fromEnvironment());
    for ($line = 1; ($body = fgets(STDIN)) !== false; ++$line) {
        $full = false;
        do {
            // A full queue has room again once a report has been taken.
            $tell($client->poll($full ? 1000 : 0));
            $full = false;
            try {
                $client->enqueueEvent(getenv('CONVERSATION_ID') ?: '', $type, $body, tag: $line);
            } catch (QueueFullException) {
                $full = true;
            } catch (InvalidEventException $e) {
                ++$failures;
                fwrite(STDERR, "line $line: {$e->status->name}: {$e->getMessage()}\n");
            }
        } while ($full);
    }
    // Events that are not sent within a minute are cancelled. Each still gets its report.
    $client->close(60_000);
    $tell($client->poll());
} catch (ExceptionInterface $e) {
    fwrite(STDERR, "{$e->status->name}: {$e->getMessage()}\n");
    exit(1);
}

exit($failures === 0 ? 0 : 1);
