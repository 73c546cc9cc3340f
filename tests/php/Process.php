<?php

declare(strict_types=1);

namespace Vce\Tests;

/**
 * A program run to its end.
 */
final class Process
{
    private function __construct(
        public readonly int $status,
        public readonly string $output,
        public readonly string $errors,
    ) {
    }

    /**
     * Runs PHP, with FFI switched on unless the arguments say otherwise.
     *
     * @param list<string>          $arguments
     * @param array<string, string> $environment added to this process's own; '' removes a variable
     */
    public static function php(array $arguments, array $environment = [], ?string $directory = null): self
    {
        return self::run([PHP_BINARY, '-d', 'ffi.enable=1', ...$arguments], $environment, $directory);
    }

    /**
     * @param list<string>          $command
     * @param array<string, string> $environment
     */
    public static function run(array $command, array $environment = [], ?string $directory = null): self
    {
        // To files, since a pipe that nobody reads fills up.
        $output = tmpfile();
        $errors = tmpfile();
        $process = proc_open(
            $command,
            [0 => ['file', '/dev/null', 'r'], 1 => $output, 2 => $errors],
            $pipes,
            $directory,
            array_filter($environment + getenv(), static fn (string $value): bool => $value !== ''),
        );
        $status = proc_close($process);

        return new self($status, self::content($output), self::content($errors));
    }

    /**
     * @param resource $file
     */
    private static function content($file): string
    {
        rewind($file);

        return (string) stream_get_contents($file);
    }
}
