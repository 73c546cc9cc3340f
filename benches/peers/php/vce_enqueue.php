<?php

/*
 * libvce in the background: a bounded queue, and reports that are polled when it is full.
 */

declare(strict_types=1);

require __DIR__ . '/protocol.php';
require __DIR__ . '/vce_options.php';

use Vce\Client;
use Vce\Exception\QueueFullException;
use Vce\Report;

const LONG_MS = 30_000;
// Events in the queue for each connection: enough that one is always ready to be sent.
const QUEUED = 4;

function check(Report $report): void
{
    if ($report->error !== null) {
        throw $report->error;
    }
    if ($report->event?->id === null) {
        throw new RuntimeException("no id: {$report->event?->json}");
    }
}

runPeer(static function (Settings $settings): void {
    $client = new Client(options($settings, $settings->inFlight, QUEUED * $settings->inFlight));
    $taken = 1;
    $client->enqueueEvent($settings->conversation(0), EVENT_TYPE, BODY, MEMBER);
    foreach ($client->poll(LONG_MS) as $report) {
        check($report);
    }
    $measurement = new Measurement($settings->events);
    $takeReports = static function () use ($client, $measurement, &$taken): void {
        foreach ($client->poll(LONG_MS) as $report) {
            check($report);
            $measurement->created($report->tag);
            ++$taken;
        }
    };
    for ($number = 1; $number < $settings->events;) {
        try {
            // The tag is the time, so that a report shows how long its event took.
            $client->enqueueEvent($settings->conversation($number), EVENT_TYPE, BODY, MEMBER, hrtime(true));
            ++$number;
        } catch (QueueFullException) {
            $takeReports();
        }
    }
    while ($taken < $settings->events) {
        $takeReports();
    }
    $measurement->report();
});
