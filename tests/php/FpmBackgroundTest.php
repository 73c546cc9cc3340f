<?php

declare(strict_types=1);

namespace Vce\Tests;

/**
 * Requests to PHP-FPM that leave their events to a shared engine.
 */
final class FpmBackgroundTest extends FpmTestCase
{
    private const PROGRAM = __DIR__ . '/programs/fpm.php';

    public function testTheAnswerLeavesBeforeTheEvent(): void
    {
        $fpm = $this->fpm();
        $this->sandbox->whileAsleep(function () use ($fpm): void {
            foreach (range(1, 3) as $request) {
                self::assertNotSame('', $fpm->get(self::PROGRAM, ['do' => 'leave', 'events' => 1]));
            }
        });

        $this->waitForEvents(3);
    }

    public function testManyRequests(): void
    {
        $fpm = $this->fpm(pool: ['pm.max_children' => 3]);
        foreach (range(1, 100) as $request) {
            $fpm->get(self::PROGRAM, ['do' => 'leave', 'events' => 5, 'request' => $request]);
        }
        $this->waitForEvents(500);

        $byRequest = [];
        foreach ($this->sandbox->events() as $event) {
            $byRequest[$event['body']['request']][] = $event['body']['n'];
        }
        self::assertCount(100, $byRequest);
        foreach ($byRequest as $events) {
            self::assertSame([1, 2, 3, 4, 5], $events);
        }
    }

    public function testReportsInTheRequest(): void
    {
        $fpm = $this->fpm();
        $this->sandbox->fault(['kind' => 'status', 'status' => 404, 'skip' => 1]);
        $answer = $fpm->get(self::PROGRAM, ['do' => 'poll', 'events' => 3]);

        self::assertSame("1 Created\n2 NotCreated\n3 Created\n", $answer);
    }

    public function testARecycledWorkerLosesWhatItHasNotSent(): void
    {
        $fpm = $this->fpm(pool: ['pm.max_requests' => 1]);
        $this->sandbox->whileAsleep(static function () use ($fpm): void {
            $worker = $fpm->get(self::PROGRAM, ['do' => 'leave', 'events' => 3]);
            Wait::until(
                static fn (): bool => str_contains($fpm->log(), "child $worker exited with code 0"),
                'the worker has ended',
            );
        });

        self::assertSame([], $this->sandbox->events());
    }

    public function testARecycledWorkerLosesNothingIfItFlushes(): void
    {
        $fpm = $this->fpm(pool: ['pm.max_requests' => 1]);
        $flushing = ['do' => 'flush', 'events' => 3];
        // The answer does not wait for the flush.
        $this->sandbox->whileAsleep(static fn (): string => $fpm->get(self::PROGRAM, $flushing));
        foreach (range(2, 10) as $request) {
            $fpm->get(self::PROGRAM, $flushing);
        }

        $this->waitForEvents(30);
    }

    public function testThereIsNoStreamOutsideTheCommandLine(): void
    {
        self::assertStringContainsString('poll()', $this->fpm()->get(self::PROGRAM, ['do' => 'stream', 'events' => 0]));
    }

    private function waitForEvents(int $count): void
    {
        Wait::until(fn (): bool => count($this->sandbox->events()) >= $count, "$count events exist");
        self::assertCount($count, $this->sandbox->events());
        self::assertCount($count, $this->sandbox->requests());
    }
}
