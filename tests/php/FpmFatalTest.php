<?php

declare(strict_types=1);

namespace Vce\Tests;

/**
 * Requests that end by a fatal error: PHP runs no destructors then, and the worker goes on.
 */
final class FpmFatalTest extends FpmTestCase
{
    private const PROGRAM = __DIR__ . '/programs/fatal_error.php';

    /**
     * @dataProvider ends
     */
    public function testNothingIsLeftBehind(string $engine, string $how, int $times): void
    {
        $fpm = $this->fpm();
        $worker = $fpm->get(self::PROGRAM, ['how' => 'pid', 'engine' => $engine]);
        // After the first request, the worker has what it keeps for all requests.
        $fpm->get(self::PROGRAM, ['how' => $how, 'engine' => $engine]);
        $before = self::resources($worker);
        for ($n = 0; $n < $times; ++$n) {
            $fpm->get(self::PROGRAM, ['how' => $how, 'engine' => $engine]);
        }
        // Threads need a moment to end.
        Wait::until(
            static fn (): bool => self::resources($worker) <= $before,
            "the worker has no more than $before descriptors and threads, but " . self::resources($worker),
        );
        self::assertSame($worker, $fpm->get(self::PROGRAM, ['how' => 'pid', 'engine' => $engine]));
    }

    /**
     * @return iterable<string, array{string, string, int}>
     */
    public function ends(): iterable
    {
        yield 'memory' => ['own', 'memory', 20];
        yield 'memory, at once' => ['own', 'memory, at once', 20];
        yield 'memory, in the library' => ['own', 'memory, in the library', 20];
        yield 'shared, memory' => ['shared', 'memory', 20];
        // Each request takes a second of CPU time.
        yield 'time' => ['own', 'time', 20];
        yield 'time, in the library' => ['own', 'time, in the library', 20];
    }

    /**
     * If a client was freed too early, this fails or crashes the worker.
     */
    public function testFunctionsOfTheApplicationStillUseTheirClient(): void
    {
        $fpm = $this->fpm();
        foreach (['own', 'shared'] as $engine) {
            foreach (['normal', 'memory, at once', 'time'] as $how) {
                self::assertSame("$how: 0", $fpm->get(self::PROGRAM, ['how' => $how, 'engine' => $engine]));
            }
        }
        Wait::until(fn (): bool => count($this->sandbox->events()) === 12, 'each request has created two events');
    }

    /**
     * How many descriptors and threads a process has.
     */
    private static function resources(string $pid): int
    {
        return count((array) glob("/proc/$pid/fd/*")) + count((array) glob("/proc/$pid/task/*"));
    }
}
