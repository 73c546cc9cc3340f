<?php

/*
 * ext-curl: one handle, one event after the other.
 */

declare(strict_types=1);

require __DIR__ . '/protocol.php';

runPeer(static function (Settings $settings): void {
    $handle = curl_init();
    curl_setopt_array($handle, [
        CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_1_1,
        CURLOPT_CAINFO => $settings->caFile,
        CURLOPT_HTTPHEADER => [
            'Authorization: Bearer ' . Settings::value('BENCH_TOKEN'),
            'Content-Type: application/json',
            'Accept: application/json',
        ],
        CURLOPT_POSTFIELDS => json_encode(['type' => EVENT_TYPE, 'from' => MEMBER, 'body' => BODY]),
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 30,
    ]);
    $base = "$settings->url/v0.3/conversations/";
    oneAfterTheOther($settings, static function (int $number) use ($handle, $base, $settings): void {
        curl_setopt($handle, CURLOPT_URL, $base . $settings->conversation($number) . '/events');
        $answer = curl_exec($handle);
        if ($answer === false) {
            throw new RuntimeException(curl_error($handle));
        }
        $status = curl_getinfo($handle, CURLINFO_RESPONSE_CODE);
        $event = json_decode($answer, true);
        if ($status !== 201 || !isset($event['id'])) {
            throw new RuntimeException("answered $status: $answer");
        }
    });
});
