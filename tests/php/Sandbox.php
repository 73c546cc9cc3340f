<?php

declare(strict_types=1);

namespace Vce\Tests;

use RuntimeException;

/**
 * The Conversation API on loopback over TLS: a process of its own, started once for the whole run.
 */
final class Sandbox
{
    private static ?self $instance = null;

    /** @var resource */
    private $stdin;

    /** @var resource */
    private $process;

    public readonly string $baseUrl;
    public readonly string $caFile;
    public readonly string $applicationId;
    public readonly string $privateKeyPath;
    public readonly string $conversationId;
    public readonly string $memberId;
    private readonly string $adminUrl;

    public static function get(): self
    {
        return self::$instance ??= new self();
    }

    private function __construct()
    {
        $program = getenv('VCE_SANDBOX') ?: throw new RuntimeException('VCE_SANDBOX does not name the sandbox');
        $process = proc_open(
            [$program, '--tls', '--until-stdin-closes'],
            [0 => ['pipe', 'r'], 1 => ['pipe', 'w'], 2 => STDERR],
            $pipes,
        );
        if ($process === false) {
            throw new RuntimeException("$program does not start");
        }
        $this->process = $process;
        $this->stdin = $pipes[0];

        $ready = json_decode((string) fgets($pipes[1]), true, flags: JSON_THROW_ON_ERROR);
        $this->baseUrl = $ready['base_url'];
        $this->caFile = $ready['ca_file'];
        $this->applicationId = $ready['application_id'];
        $this->privateKeyPath = $ready['private_key_path'];
        $this->conversationId = $ready['conversation_id'];
        $this->memberId = $ready['member_id'];
        $this->adminUrl = $ready['admin_url'];
    }

    public function __destruct()
    {
        fclose($this->stdin);
        proc_close($this->process);
    }

    public function reset(): void
    {
        $this->admin('POST', '/reset');
        // The former test's shared engine would keep its connections.
        $this->admin('POST', '/connections/close');
    }

    /**
     * @param array<string, mixed> ...$faults
     */
    public function fault(array ...$faults): void
    {
        $this->admin('POST', '/faults', $faults);
    }

    /**
     * Does something while the API does not answer and accepts no connections. During this time, the
     * methods of this class do not work either.
     *
     * @template T
     *
     * @param callable(): T $do
     *
     * @return T
     */
    public function whileAsleep(callable $do): mixed
    {
        $pid = proc_get_status($this->process)['pid'];
        posix_kill($pid, SIGSTOP);
        try {
            Wait::until(fn (): bool => proc_get_status($this->process)['stopped'], 'the sandbox is asleep');

            return $do();
        } finally {
            posix_kill($pid, SIGCONT);
        }
    }

    /**
     * The requests since the last reset.
     *
     * @return list<array<string, mixed>>
     */
    public function requests(): array
    {
        return $this->admin('GET', '/requests');
    }

    /**
     * @return list<array<string, mixed>>
     */
    public function events(): array
    {
        return $this->admin('GET', "/events?conversation_id=$this->conversationId");
    }

    /**
     * @return array{accepted: int, open: int}
     */
    public function connections(): array
    {
        return $this->admin('GET', '/connections');
    }

    /**
     * The environment from which Options::fromEnvironment() reaches this sandbox.
     *
     * @return array<string, string>
     */
    public function environment(): array
    {
        return [
            'VONAGE_APPLICATION_ID' => $this->applicationId,
            'VONAGE_APPLICATION_PRIVATE_KEY_PATH' => $this->privateKeyPath,
            'CONVERSATION_ID' => $this->conversationId,
            'MEMBER_ID' => $this->memberId,
            'VCE_BASE_URL' => $this->baseUrl,
            'VCE_CA_FILE' => $this->caFile,
            'VCE_PROXY' => 'none',
        ];
    }

    private function admin(string $method, string $path, mixed $body = null): mixed
    {
        $answer = file_get_contents($this->adminUrl . $path, context: stream_context_create(['http' => [
            'method' => $method,
            'header' => ['Content-Type: application/json', 'Connection: close'],
            'content' => $body === null ? '' : json_encode($body, JSON_THROW_ON_ERROR),
            'timeout' => 10,
        ]]));

        return $answer === '' ? null : json_decode((string) $answer, true, flags: JSON_THROW_ON_ERROR);
    }
}
