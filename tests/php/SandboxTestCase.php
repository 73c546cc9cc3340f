<?php

declare(strict_types=1);

namespace Vce\Tests;

use PHPUnit\Framework\TestCase;
use Vce\Client;
use Vce\Exception\ExceptionInterface;
use Vce\Options;

/**
 * A test that uses the sandbox, which is reset before each test.
 */
abstract class SandboxTestCase extends TestCase
{
    protected Sandbox $sandbox;

    protected function setUp(): void
    {
        $this->sandbox = Sandbox::get();
        $this->sandbox->reset();
    }

    /**
     * @param mixed ...$options named options; they win over those for the sandbox
     */
    protected function client(mixed ...$options): Client
    {
        return new Client(new Options(...$options + [
            'applicationId' => $this->sandbox->applicationId,
            'privateKeyPath' => $this->sandbox->privateKeyPath,
            'baseUrl' => $this->sandbox->baseUrl,
            'caFile' => $this->sandbox->caFile,
            'proxy' => 'none',
        ]));
    }

    /**
     * The exception that the call throws.
     */
    protected static function failure(callable $call): ExceptionInterface
    {
        try {
            $call();
        } catch (ExceptionInterface $e) {
            return $e;
        }
        self::fail('Nothing was thrown.');
    }

    /**
     * The body of the last request, as text.
     */
    protected function sent(): string
    {
        $requests = $this->sandbox->requests();

        return $requests[array_key_last($requests)]['body'];
    }
}
