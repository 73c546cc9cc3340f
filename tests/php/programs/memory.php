<?php

/**
 * Does each thing very often, and prints by how many KiB the process grows.
 */

declare(strict_types=1);

require __DIR__ . '/../../../bindings/php/vendor/autoload.php';

use Vce\Client;
use Vce\EventBody;
use Vce\EventType;
use Vce\Exception\NotFoundException;
use Vce\Options;

$conversation = (string) getenv('CONVERSATION_ID');
$client = new Client(Options::fromEnvironment());
$body = ['text' => str_repeat('x', 4000)];
$tooLarge = ['text' => str_repeat('x', 40_000)];

/** Resident memory, which counts what the library holds too. */
function resident(): int
{
    return 4 * (int) explode(' ', (string) file_get_contents('/proc/self/statm'))[1];
}

/** The first tenth fills caches and pools. */
function growth(int $times, callable $do): int
{
    for ($n = 0; $n < intdiv($times, 10); ++$n) {
        $do();
    }
    $before = resident();
    for ($n = 0; $n < $times; ++$n) {
        $do();
    }

    return resident() - $before;
}

echo json_encode([
    'valid' => growth(10_000, static function () use ($body): void {
        EventType::assertValid('custom:memory');
        EventBody::assertValid($body);
    }),
    'invalid' => growth(10_000, static function () use ($tooLarge): void {
        EventType::isValid('custom:no spaces');
        EventBody::isValid($tooLarge);
    }),
    'created' => growth(500, static fn () => $client->createEvent($conversation, 'custom:memory', $body)),
    'refused' => growth(500, static function () use ($client, $conversation): void {
        try {
            $client->getEvent($conversation, '999999');
        } catch (NotFoundException) {
        }
    }),
    'abandoned lists' => growth(200, static function () use ($client, $conversation): void {
        foreach ($client->listEvents($conversation, pageSize: 2) as $event) {
            break;
        }
    }),
    'clients' => growth(1000, static fn () => new Client(Options::fromEnvironment())),
    'enqueued' => growth(200, static function () use ($client, $conversation, $body): void {
        for ($n = 0; $n < 10; ++$n) {
            $client->enqueueEvent($conversation, 'custom:memory', $body, tag: $n);
        }
        $client->enqueueEvent('CON-missing', 'custom:memory', $body);
        $client->flush(60_000);
        foreach ($client->poll() as $report) {
            fclose($client->reportStream());
        }
    }),
    'stats' => growth(5000, static fn () => $client->stats()),
    'abandoned reports' => growth(300, static function () use ($conversation, $body): void {
        $client = new Client(Options::fromEnvironment());
        $client->enqueueEvent($conversation, 'custom:memory', $body);
        $client->flush(60_000);
    }),
], JSON_THROW_ON_ERROR);
