<?php

declare(strict_types=1);

namespace Vce\Tests;

/**
 * A test of PHP-FPM's workers. At its end no worker may have crashed.
 */
abstract class FpmTestCase extends SandboxTestCase
{
    protected const PRELOAD = __DIR__ . '/../../bindings/php/preload.php';

    protected string $directory;
    private ?Fpm $fpm = null;

    protected function setUp(): void
    {
        parent::setUp();
        $this->directory = sys_get_temp_dir() . '/vce-' . bin2hex(random_bytes(6));
        mkdir($this->directory);
    }

    protected function tearDown(): void
    {
        $this->fpm?->stop();
        $log = $this->fpm?->log();
        Process::run(['rm', '-r', $this->directory]);
        // PHP-FPM logs a crash as a warning.
        self::assertDoesNotMatchRegularExpression('/WARNING|ERROR|ALERT/', (string) $log);
    }

    /**
     * @param array<string, string> $settings    of PHP
     * @param array<string, int>    $pool
     * @param array<string, string> $environment
     */
    protected function fpm(array $settings = [], array $pool = [], array $environment = []): Fpm
    {
        return $this->fpm = new Fpm(
            $this->directory,
            $environment + $this->sandbox->environment(),
            $settings + ['opcache.preload' => self::PRELOAD],
            $pool,
        );
    }
}
