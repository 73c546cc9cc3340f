<?php

declare(strict_types=1);

namespace Vce\Internal;

use FFI;
use FFI\CData;
use Vce\Exception\ExceptionInterface;

/**
 * Owns a `vce_config`.
 *
 * @internal
 */
final class NativeConfig
{
    private readonly FFI $ffi;
    private readonly CData $config;

    public function __construct()
    {
        $this->ffi = Native::ffi();
        $this->config = $this->ffi->vce_config_new();
    }

    public function __destruct()
    {
        $this->ffi->vce_config_free($this->config);
    }

    private function __clone()
    {
    }

    /**
     * A secret is revealed only in here, so that it is in no stack frame when this throws.
     *
     * @throws ExceptionInterface
     */
    public function set(string $name, string|Secret $value): void
    {
        $text = $value instanceof Secret ? $value->reveal() : $value;
        $nul = strpos($text, "\0");
        if ($nul !== false) {
            throw Native::nulAt($nul, "The value of $name");
        }

        $error = $this->ffi->new('vce_error *');
        Native::check($this->ffi->vce_config_set($this->config, $name, $text, FFI::addr($error)), $error);
    }

    /**
     * @throws ExceptionInterface
     */
    public function loadEnvironment(): void
    {
        $error = $this->ffi->new('vce_error *');
        Native::check($this->ffi->vce_config_load_env($this->config, FFI::addr($error)), $error);
    }

    /**
     * @throws ExceptionInterface
     */
    public function newClient(): NativeClient
    {
        $client = $this->ffi->new('vce_client *');
        $error = $this->ffi->new('vce_error *');
        Native::check(
            $this->ffi->vce_client_new($this->config, FFI::addr($client), FFI::addr($error)),
            $error,
        );

        return new NativeClient($this->ffi, $client);
    }
}
