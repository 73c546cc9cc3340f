<?php

declare(strict_types=1);

namespace Vce\Internal;

use FFI;
use Vce\Exception\ConfigException;
use Vce\Exception\ExceptionInterface;
use Vce\Exception\InvalidEventException;

/**
 * A `vce_config`.
 *
 * @internal
 */
final class NativeConfig
{
    private readonly FFI $ffi;
    private readonly Owned $config;

    public function __construct()
    {
        $this->ffi = Native::ffi();
        $this->config = Owned::result($this->ffi->vce_config_new(), 'vce_config_free');
    }

    private function __clone()
    {
    }

    /**
     * A secret becomes text only in this method, so that no argument of a stack trace contains it.
     *
     * @throws ExceptionInterface
     */
    public function set(string $name, string|Secret $value): void
    {
        $text = $value instanceof Secret ? $value->reveal() : $value;
        try {
            Native::refuseNul($text, "The value of $name");
            $error = Owned::error();
            Native::check(
                $this->ffi->vce_config_set($this->config->pointer(), $name, $text, $error->address()),
                $error,
            );
        } catch (InvalidEventException $e) {
            // Not chained: before PHP 8.2 the first exception's trace shows the text, which may be a secret.
            throw new ConfigException($e->getMessage(), $e->status, offset: $e->offset);
        }
    }

    /**
     * @throws ExceptionInterface
     */
    public function loadEnvironment(): void
    {
        $error = Owned::error();
        Native::check($this->ffi->vce_config_load_env($this->config->pointer(), $error->address()), $error);
    }

    /**
     * @throws ExceptionInterface
     */
    public function newClient(): NativeClient
    {
        $client = Owned::variable('vce_client');
        $error = Owned::error();
        Native::check(
            $this->ffi->vce_client_new($this->config->pointer(), $client->address(), $error->address()),
            $error,
        );

        return new NativeClient($this->ffi, $client);
    }
}
