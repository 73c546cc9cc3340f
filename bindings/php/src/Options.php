<?php

declare(strict_types=1);

namespace Vce;

use JsonException;
use Psr\Log\LoggerInterface;
use SensitiveParameter;
use Vce\Exception\ConfigException;
use Vce\Exception\ExceptionInterface;
use Vce\Internal\Json;
use Vce\Internal\NativeConfig;
use Vce\Internal\NotCopyable;
use Vce\Internal\Secret;

/**
 * The settings of a client: libvce's option table, its names in camelCase.
 *
 * null leaves an option at libvce's default. Durations are text (`250ms`, `5s`, `15m`) or integers in
 * milliseconds, sizes are text (`64KiB`) or integers in bytes. The values are checked when a client
 * is made from them. The private key, the token and the proxy (its URL may hold a password) cannot
 * be read back: no dump, trace or serialisation shows them.
 */
final class Options
{
    use NotCopyable;

    /**
     * The kind of each option, by the library's names; the constructor's types follow from it.
     *
     * Only a duration needs its kind here: an integer then gets the unit.
     */
    private const KINDS = [
        'application_id' => 'text',
        'private_key' => 'text',
        'private_key_path' => 'path',
        'token' => 'text',
        'subject' => 'text',
        'acl' => 'object',
        'token_ttl' => 'duration',
        'base_url' => 'text',
        'allow_plain_http' => 'boolean',
        'api_version' => 'text',
        'type_rules' => 'text',
        'connect_timeout' => 'duration',
        'timeout' => 'duration',
        'max_retries' => 'integer',
        'retry_backoff' => 'duration',
        'retry_backoff_max' => 'duration',
        'delivery' => 'text',
        'event_key' => 'text',
        'lookup_delay' => 'duration',
        'rate_limit' => 'text',
        'proxy' => 'text',
        'ca_file' => 'path',
        'tls_roots' => 'text',
        'connections' => 'integer',
        'queue_max_events' => 'integer',
        'queue_max_bytes' => 'size',
        'delivery_timeout' => 'duration',
        'reports' => 'text',
        'engine' => 'text',
        'app_name' => 'text',
    ];

    private readonly ?Secret $privateKey;
    private readonly ?Secret $token;
    private readonly ?Secret $proxy;
    private bool $environment = false;

    /**
     * @param ?string                              $applicationId    a UUID
     * @param ?string                              $privateKey       PEM text, PKCS#8 or PKCS#1
     * @param ?string                              $privateKeyPath   a file with that key
     * @param ?string                              $token            a ready JWT; replaces application and key
     * @param ?string                              $subject          the token's `sub`, a user's name
     * @param array<string, mixed>|string|null     $acl              the token's `acl`; empty arrays in it
     *                                                               become empty objects
     * @param int|string|null                      $tokenTtl         how long a token is valid
     * @param ?string                              $baseUrl          the API's address
     * @param ?bool                                $allowPlainHttp   allows `http` on any host, not only on loopback
     * @param ?string                              $apiVersion       `v0.3` or `v1`
     * @param ?string                              $typeRules        `documented`, `namespaced` or `off`
     * @param int|string|null                      $connectTimeout   for one attempt to connect
     * @param int|string|null                      $timeout          for a whole call, its retries included
     * @param ?int                                 $maxRetries       for each event, within `timeout`
     * @param int|string|null                      $retryBackoff     the first pause, doubled each time
     * @param int|string|null                      $retryBackoffMax  the longest pause
     * @param ?string                              $delivery         `at_most_once`, `at_least_once`, `effectively_once`
     * @param ?string                              $eventKey         with `effectively_once`: the body's member that
     *                                                               names the event
     * @param int|string|null                      $lookupDelay      with `effectively_once`: the pause before each look
     * @param ?string                              $rateLimit        requests a second, such as `15/s`
     * @param ?string                              $proxy            `env`, `none` or a URL
     * @param ?string                              $caFile           a PEM file of further authorities to trust
     * @param ?string                              $tlsRoots         `system` or `bundled`
     * @param ?int                                 $connections      idle ones kept, and requests in flight
     *                                                               at once in the background
     * @param ?int                                 $queueMaxEvents   events in the queue; one counts until its
     *                                                               report has been polled
     * @param int|string|null                      $queueMaxBytes    their size
     * @param int|string|null                      $deliveryTimeout  from enqueueing to the final report
     * @param ?string                              $reports          reports kept for poll(): `all`, `errors`, `none`
     * @param ?string                              $engine           `own`, or `shared` with clients of equal options
     * @param ?string                              $appName          `name/version`, for the User-Agent
     * @param ?LoggerInterface                     $logger           gets created events and failures
     */
    public function __construct(
        public readonly ?string $applicationId = null,
        #[SensitiveParameter] ?string $privateKey = null,
        public readonly ?string $privateKeyPath = null,
        #[SensitiveParameter] ?string $token = null,
        public readonly ?string $subject = null,
        public readonly array|string|null $acl = null,
        public readonly int|string|null $tokenTtl = null,
        public readonly ?string $baseUrl = null,
        public readonly ?bool $allowPlainHttp = null,
        public readonly ?string $apiVersion = null,
        public readonly ?string $typeRules = null,
        public readonly int|string|null $connectTimeout = null,
        public readonly int|string|null $timeout = null,
        public readonly ?int $maxRetries = null,
        public readonly int|string|null $retryBackoff = null,
        public readonly int|string|null $retryBackoffMax = null,
        public readonly ?string $delivery = null,
        public readonly ?string $eventKey = null,
        public readonly int|string|null $lookupDelay = null,
        public readonly ?string $rateLimit = null,
        #[SensitiveParameter] ?string $proxy = null,
        public readonly ?string $caFile = null,
        public readonly ?string $tlsRoots = null,
        public readonly ?int $connections = null,
        public readonly ?int $queueMaxEvents = null,
        public readonly int|string|null $queueMaxBytes = null,
        public readonly int|string|null $deliveryTimeout = null,
        public readonly ?string $reports = null,
        public readonly ?string $engine = null,
        public readonly ?string $appName = null,
        public readonly ?LoggerInterface $logger = null,
    ) {
        $this->privateKey = Secret::of($privateKey);
        $this->token = Secret::of($token);
        $this->proxy = Secret::of($proxy);
    }

    /**
     * Takes the settings from the environment. Arguments win over it.
     *
     * The variables are VONAGE_APPLICATION_ID, VONAGE_APPLICATION_PRIVATE_KEY_PATH,
     * VONAGE_PRIVATE_KEY (a path or the key itself), and `VCE_` with any option's name, such as
     * VCE_BASE_URL. They are read when a client is made.
     *
     * @param mixed ...$options the constructor's named arguments
     */
    public static function fromEnvironment(#[SensitiveParameter] mixed ...$options): self
    {
        $self = new self(...$options);
        $self->environment = true;

        return $self;
    }

    /**
     * @internal
     *
     * @throws ExceptionInterface
     */
    public function newConfig(): NativeConfig
    {
        $config = new NativeConfig();
        if ($this->environment) {
            $config->loadEnvironment();
        }
        foreach (self::KINDS as $name => $kind) {
            $value = $this->{lcfirst(str_replace('_', '', ucwords($name, '_')))};
            if ($value !== null) {
                $config->set($name, self::text($kind, $value));
            }
        }

        $config->set('language', sprintf('php/%d.%d.%d', PHP_MAJOR_VERSION, PHP_MINOR_VERSION, PHP_RELEASE_VERSION));

        return $config;
    }

    /**
     * @param array<string, mixed>|bool|int|string|Secret $value
     */
    private static function text(string $kind, array|bool|int|string|Secret $value): string|Secret
    {
        return match (true) {
            is_array($value) => self::acl($value),
            is_bool($value) => $value ? 'true' : 'false',
            is_int($value) => $kind === 'duration' ? "{$value}ms" : (string) $value,
            default => $value,
        };
    }

    /**
     * @param array<string, mixed> $acl
     */
    private static function acl(array $acl): string
    {
        try {
            return Json::encode(self::withObjects($acl));
        } catch (JsonException $e) {
            throw new ConfigException(
                "The value of acl cannot be written as JSON: {$e->getMessage()}.",
                Status::Config,
                previous: $e,
            );
        }
    }

    /**
     * An ACL has no empty lists, but often paths with an empty rule: empty arrays become objects.
     *
     * @param array<array-key, mixed> $acl
     *
     * @return array<array-key, mixed>|object
     */
    private static function withObjects(array $acl): array|object
    {
        return $acl === [] ? (object) [] : array_map(
            static fn (mixed $value): mixed => is_array($value) ? self::withObjects($value) : $value,
            $acl,
        );
    }
}
