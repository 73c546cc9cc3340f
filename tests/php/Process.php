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
    public static function php(array $arguments, array $environment = [], string $input = ''): self
    {
        return self::run([PHP_BINARY, '-d', 'ffi.enable=1', ...$arguments], $environment, $input);
    }

    /**
     * @param list<string>          $command
     * @param array<string, string> $environment
     */
    public static function run(array $command, array $environment = [], string $input = ''): self
    {
        // Files, because a pipe that nobody reads would fill up.
        $stdin = tmpfile();
        fwrite($stdin, $input);
        rewind($stdin);
        $output = tmpfile();
        $errors = tmpfile();
        $process = proc_open(
            $command,
            [0 => $stdin, 1 => $output, 2 => $errors],
            $pipes,
            null,
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
