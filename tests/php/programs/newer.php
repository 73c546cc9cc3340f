<?php

/**
 * Fails in every way with a library that is newer than the package. Prints the exceptions and the report.
 */

declare(strict_types=1);

require __DIR__ . '/../../../bindings/php/vendor/autoload.php';

use Vce\Client;
use Vce\EventType;
use Vce\Exception\ExceptionInterface;
use Vce\Options;

[, $conversationId] = $argv;
$client = new Client(Options::fromEnvironment(maxRetries: 0));
$told = static fn (?Throwable $e): array => $e instanceof ExceptionInterface
    ? [$e::class, $e->status->name, $e->getCode(), $e->outcome->name, $e->getMessage()]
    : [$e === null ? null : $e::class, null, null, null, $e?->getMessage()];

$results = [];
foreach (
    [
        'validate' => static fn () => EventType::assertValid('oops'),
        'create' => static fn () => $client->createEvent($conversationId, 'custom:a', []),
        'delete' => static fn () => $client->deleteEvent($conversationId, '1'),
    ] as $name => $call
) {
    try {
        $call();
    } catch (Throwable $e) {
        $results[$name] = $told($e);
    }
}
$client->enqueueEvent($conversationId, 'custom:a', []);
$client->flush(60_000);
try {
    foreach ($client->poll() as $report) {
        $results['report'] = $told($report->error);
        $results['outcome'] = $report->outcome->name;
    }
} catch (Throwable $e) {
    $results['poll'] = $told($e);
}
$results['stats'] = $client->stats()->notCreatedByStatus;
echo json_encode($results, JSON_THROW_ON_ERROR);
