<?php

declare(strict_types=1);

namespace Vce\Tests;

use RuntimeException;

/**
 * PHP-FPM with one pool of workers, on a socket in its own directory. Only preloaded code may use FFI.
 */
final class Fpm
{
    /** @var resource */
    private $process;
    private readonly string $socket;
    private readonly string $log;

    /**
     * @param string                $directory   empty, for the socket and such
     * @param array<string, string> $environment what the workers inherit
     * @param array<string, string> $settings    of PHP
     * @param array<string, int>    $pool        of the pool
     */
    public function __construct(string $directory, array $environment, array $settings, array $pool = [])
    {
        $this->socket = "$directory/socket";
        $this->log = "$directory/log";
        $user = posix_getpwuid(posix_geteuid())['name'];
        $lines = ['[global]', "error_log = $this->log", '[pool]', "listen = $this->socket", 'clear_env = no'];
        foreach (['user' => $user, 'pm' => 'static'] + $pool + ['pm.max_children' => 1] as $name => $value) {
            $lines[] = "$name = $value";
        }
        file_put_contents("$directory/fpm.conf", implode("\n", $lines) . "\n");

        $flags = [];
        foreach ($settings + ['ffi.enable' => 'preload', 'opcache.preload_user' => $user] as $name => $value) {
            array_push($flags, '-d', "$name=$value");
        }
        $process = proc_open(
            [
                // PHP-FPM ends when the tests end, in whatever way.
                'setpriv', '--pdeathsig', 'QUIT',
                // In a container root runs these tests: -R allows root's workers.
                self::program(), '--nodaemonize', '-R', '--fpm-config', "$directory/fpm.conf",
                ...$flags,
            ],
            [0 => ['file', '/dev/null', 'r'], 1 => ['file', '/dev/null', 'w'], 2 => ['file', $this->log, 'a']],
            $pipes,
            null,
            $environment + getenv(),
        );
        if ($process === false) {
            throw new RuntimeException('PHP-FPM does not start.');
        }
        $this->process = $process;
        try {
            Wait::until(fn (): bool => str_contains($this->log(), 'ready to handle connections'), 'PHP-FPM is ready');
        } catch (RuntimeException $e) {
            $this->stop();
            throw new RuntimeException($e->getMessage() . "\n" . $this->log(), previous: $e);
        }
    }

    /**
     * The body of the answer to a request. It must come within half a minute.
     *
     * @param array<string, int|string> $query
     */
    public function get(string $script, array $query = []): string
    {
        $variables = [
            'REQUEST_METHOD' => 'GET',
            'SCRIPT_FILENAME' => $script,
            'QUERY_STRING' => http_build_query($query),
        ];
        $assignments = array_map(
            static fn (string $name): string => "$name=$variables[$name]",
            array_keys($variables),
        );
        // cgi-fcgi sends its whole environment, and a worker's getenv() would see it.
        $done = Process::run([
            'timeout', '30',
            'env', '--ignore-environment', ...$assignments,
            '/usr/bin/cgi-fcgi', '-bind', '-connect', $this->socket,
        ]);
        if ($done->status !== 0 || !str_contains($done->output, "\r\n\r\n")) {
            throw new RuntimeException("No answer: $done->errors$done->output\n" . $this->log());
        }

        return explode("\r\n\r\n", $done->output, 2)[1];
    }

    /**
     * PHP-FPM's log: when its workers started and ended, and how.
     */
    public function log(): string
    {
        return is_file($this->log) ? (string) file_get_contents($this->log) : '';
    }

    /**
     * Tells the workers to finish, as a reload does.
     */
    public function stop(): void
    {
        proc_terminate($this->process, SIGQUIT);
        proc_close($this->process);
    }

    private static function program(): string
    {
        return sprintf('/usr/sbin/php-fpm%d.%d', PHP_MAJOR_VERSION, PHP_MINOR_VERSION);
    }
}
