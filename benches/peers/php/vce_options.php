<?php

/*
 * The options of both libvce peers in PHP.
 */

declare(strict_types=1);

require __DIR__ . '/../../../bindings/php/vendor/autoload.php';

use Vce\Options;

function options(Settings $settings, ?int $connections = null, ?int $queueMaxEvents = null): Options
{
    return new Options(
        applicationId: Settings::value('BENCH_APPLICATION'),
        privateKeyPath: Settings::value('BENCH_KEY'),
        baseUrl: $settings->url,
        caFile: $settings->caFile,
        connections: $connections,
        queueMaxEvents: $queueMaxEvents,
    );
}
