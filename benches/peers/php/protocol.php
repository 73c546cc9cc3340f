<?php

/*
 * What the PHP peers have in common: settings from the environment, one JSON line on stdout.
 */

declare(strict_types=1);

const EVENT_TYPE = 'custom:my-event';
const MEMBER = 'MEM-e46d9542-752a-4786-8f12-25a2e623a793';
const BODY = ['key' => 'value'];

/** What the runner asks for. */
final class Settings
{
    public readonly string $url;
    public readonly string $caFile;
    public readonly int $events;
    public readonly int $inFlight;
    private readonly int $conversations;

    public function __construct()
    {
        $this->url = self::value('BENCH_URL');
        $this->caFile = self::value('BENCH_CA');
        $this->events = (int) self::value('BENCH_EVENTS');
        $this->inFlight = (int) self::value('BENCH_IN_FLIGHT');
        $this->conversations = (int) self::value('BENCH_CONVERSATIONS');
    }

    public static function value(string $name): string
    {
        $value = getenv($name);
        if ($value === false) {
            throw new RuntimeException("$name is not set");
        }
        return $value;
    }

    /** The conversation that an event goes to. */
    public function conversation(int $number): string
    {
        return sprintf('CON-00000000-0000-4000-8000-%012d', $number % $this->conversations);
    }
}

/** Measures the events after the first one. It is made when the first answer is there. */
final class Measurement
{
    /** The most latencies that are reported. */
    private const LATENCIES = 4096;

    private readonly int $stride;
    private readonly int $first;
    private readonly float $cpu;
    private readonly int $begin;
    private int $created = 1;
    /** @var list<int> */
    private array $latencies = [];

    public function __construct(private readonly int $events)
    {
        $this->stride = intdiv($events + self::LATENCIES - 1, self::LATENCIES);
        $this->first = hrtime(true);
        $this->cpu = self::cpuSeconds();
        $this->begin = hrtime(true);
    }

    /** Counts a created event that was sent or enqueued at `$since`. */
    public function created(int $since): void
    {
        if ($this->created % $this->stride === 0) {
            $this->latencies[] = intdiv(hrtime(true) - $since, 1000);
        }
        ++$this->created;
    }

    public function report(): void
    {
        $end = hrtime(true);
        $cpu = self::cpuSeconds() - $this->cpu;
        if ($this->created !== $this->events) {
            throw new RuntimeException("created $this->created events instead of $this->events");
        }
        echo json_encode([
            'first_ns' => $this->first,
            'begin_ns' => $this->begin,
            'end_ns' => $end,
            'cpu_s' => $cpu,
            'created' => $this->created,
            'latencies_us' => $this->latencies,
            'peak_rss_kb' => self::peakRssKb(),
        ], JSON_THROW_ON_ERROR), "\n";
    }

    private static function cpuSeconds(): float
    {
        $used = getrusage();
        return $used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec']
            + ($used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec']) / 1e6;
    }

    private static function peakRssKb(): int
    {
        if (!preg_match('/VmHWM:\s+(\d+) kB/', (string) file_get_contents('/proc/self/status'), $found)) {
            throw new RuntimeException('/proc/self/status has no VmHWM');
        }
        return (int) $found[1];
    }
}

/** Calls `$create` with the number of each event, and prints the figures. */
function oneAfterTheOther(Settings $settings, Closure $create): void
{
    if ($settings->inFlight !== 1) {
        throw new RuntimeException('this peer can only send one event after the other');
    }
    $create(0);
    $measurement = new Measurement($settings->events);
    for ($number = 1; $number < $settings->events; $number++) {
        $since = hrtime(true);
        $create($number);
        $measurement->created($since);
    }
    $measurement->report();
}

/** Runs a peer. Prints an exception on stderr. */
function runPeer(Closure $peer): never
{
    try {
        $peer(new Settings());
        exit(0);
    } catch (Exception $exception) {
        fwrite(STDERR, $exception->getMessage() . "\n");
        exit(1);
    }
}
