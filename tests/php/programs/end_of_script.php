<?php

/**
 * Ends in the way that the argument names, with clients, lists and exceptions in use.
 */

declare(strict_types=1);

require __DIR__ . '/../../../bindings/php/vendor/autoload.php';

use Vce\Client;
use Vce\Exception\ExceptionInterface;
use Vce\Options;

final class Holder
{
    public static ?Client $client = null;
    public ?Holder $self = null;

    /** @var list<object> */
    public array $held = [];
}

$conversation = (string) getenv('CONVERSATION_ID');
$first = new Client(Options::fromEnvironment());
$second = new Client(Options::fromEnvironment());
foreach (range(1, 3) as $n) {
    $first->createEvent($conversation, 'custom:end', ['n' => $n]);
}
$list = $second->listEvents($conversation, pageSize: 1);
$list->current();
try {
    $first->createEvent($conversation, 'wrong', []);
} catch (ExceptionInterface $e) {
    $kept = $e;
}
echo "ready\n";

switch ($argv[1]) {
    case 'exit':
        exit(3);
    case 'throw':
        throw $kept;
    case 'fatal':
        ini_set('memory_limit', '8M');
        str_repeat('x', 1 << 27);
        break;
    case 'cycle':
        $holder = new Holder();
        $holder->self = $holder;
        $holder->held = [$list, $first, $second];
        unset($list, $first, $second, $holder);
        break;
    case 'static':
        Holder::$client = $first;
        break;
    case 'fork':
        $child = pcntl_fork();
        if ($child === 0) {
            $first->createEvent($conversation, 'custom:child', []);
            exit(0);
        }
        pcntl_waitpid($child, $status);
        $first->createEvent($conversation, 'custom:parent', []);
        exit(pcntl_wexitstatus($status));
    case 'enqueue':
    case 'enqueue, shared':
        Holder::$client = new Client(Options::fromEnvironment(engine: $argv[1] === 'enqueue' ? 'own' : 'shared'));
        foreach (range(1, 500) as $n) {
            Holder::$client->enqueueEvent($conversation, 'custom:end', ['n' => $n]);
        }
        break;
}
