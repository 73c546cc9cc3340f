<?php

/*
 * libvce: one event after the other.
 */

declare(strict_types=1);

require __DIR__ . '/protocol.php';
require __DIR__ . '/vce_options.php';

use Vce\Client;

runPeer(static function (Settings $settings): void {
    $client = new Client(options($settings));
    oneAfterTheOther($settings, static function (int $number) use ($client, $settings): void {
        $event = $client->createEvent($settings->conversation($number), EVENT_TYPE, BODY, MEMBER);
        if ($event->id === null) {
            throw new RuntimeException("no id: $event->json");
        }
    });
});
