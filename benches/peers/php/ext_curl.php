<?php

/*
 * ext-curl: one handle, one event after the other.
 */

declare(strict_types=1);

const REQUEST = '{"type":"custom:my-event","from":"MEM-e46d9542-752a-4786-8f12-25a2e623a793","body":{"key":"value"}}';
const LATENCIES = 4096;

function cpuSeconds(): float
{
    $used = getrusage();
    return $used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec']
        + ($used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec']) / 1e6;
}

function peakRssKb(): int
{
    if (!preg_match('/VmHWM:\s+(\d+) kB/', (string) file_get_contents('/proc/self/status'), $found)) {
        throw new RuntimeException('/proc/self/status names no VmHWM');
    }
    return (int) $found[1];
}

function setting(string $name): string
{
    $value = getenv($name);
    if ($value === false) {
        throw new RuntimeException("$name is not set");
    }
    return $value;
}

function main(): void
{
    $base = setting('BENCH_URL') . '/v0.3/conversations/CON-00000000-0000-4000-8000-';
    $events = (int) setting('BENCH_EVENTS');
    $conversations = (int) setting('BENCH_CONVERSATIONS');
    if (setting('BENCH_IN_FLIGHT') !== '1') {
        throw new RuntimeException('this peer sends one event after the other only');
    }

    $handle = curl_init();
    curl_setopt_array($handle, [
        CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_1_1,
        CURLOPT_CAINFO => setting('BENCH_CA'),
        CURLOPT_HTTPHEADER => [
            'Authorization: Bearer ' . setting('BENCH_TOKEN'),
            'Content-Type: application/json',
            'Accept: application/json',
        ],
        CURLOPT_POSTFIELDS => REQUEST,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 30,
    ]);
    $create = static function (int $number) use ($handle, $base, $conversations): void {
        curl_setopt($handle, CURLOPT_URL, $base . sprintf('%012d/events', $number % $conversations));
        $answer = curl_exec($handle);
        if ($answer === false) {
            throw new RuntimeException(curl_error($handle));
        }
        $status = curl_getinfo($handle, CURLINFO_RESPONSE_CODE);
        $event = json_decode($answer, true);
        if ($status !== 201 || !isset($event['id'])) {
            throw new RuntimeException("answered $status: $answer");
        }
    };

    $create(0);
    $first = hrtime(true);
    $stride = (int) ceil($events / LATENCIES);
    $latencies = [];
    $cpu = cpuSeconds();
    $begin = hrtime(true);
    for ($number = 1; $number < $events; $number++) {
        $since = hrtime(true);
        $create($number);
        if ($number % $stride === 0) {
            $latencies[] = intdiv(hrtime(true) - $since, 1000);
        }
    }
    $end = hrtime(true);
    echo json_encode([
        'first_ns' => $first,
        'begin_ns' => $begin,
        'end_ns' => $end,
        'cpu_s' => cpuSeconds() - $cpu,
        'created' => $events,
        'latencies_us' => $latencies,
        'peak_rss_kb' => peakRssKb(),
    ], JSON_THROW_ON_ERROR), "\n";
}

try {
    main();
} catch (Exception $exception) {
    fwrite(STDERR, $exception->getMessage() . "\n");
    exit(1);
}
