<?php

declare(strict_types=1);

namespace Vce\Internal;

use Psr\Log\LoggerInterface;
use Throwable;
use Vce\Exception\ExceptionInterface;
use Vce\Report;

/**
 * Writes to the user's log: ids, types and failures, never a body, a key or a token.
 *
 * @internal
 */
final class Journal
{
    public function __construct(private readonly ?LoggerInterface $logger)
    {
    }

    public function report(Report $report): void
    {
        $context = ['tag' => $report->tag];
        if ($report->error !== null) {
            $this->failure('Event not confirmed', $report->error, $context);
        } else {
            $this->success('Event created', $context + ['event_id' => $report->event?->id]);
        }
    }

    /**
     * @param array<string, int|string|null> $context
     */
    public function success(string $message, array $context): void
    {
        $this->write('debug', $message, $context);
    }

    /**
     * @param array<string, int|string|null> $context
     */
    public function failure(string $message, ExceptionInterface $e, array $context): void
    {
        $this->write($e->retryable ? 'warning' : 'error', "$message: {$e->getMessage()}", $context + [
            'status' => $e->status->name,
            'outcome' => $e->outcome->name,
            'exception' => $e,
        ]);
    }

    /**
     * @param array<string, mixed> $context
     */
    private function write(string $level, string $message, array $context): void
    {
        try {
            $this->logger?->log($level, $message, $context);
        } catch (Throwable) {
            // A broken logger must not hide whether the event exists.
        }
    }
}
