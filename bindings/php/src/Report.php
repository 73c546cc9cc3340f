<?php

declare(strict_types=1);

namespace Vce;

use Vce\Exception\ExceptionInterface;

/**
 * The delivery report of an event that was sent in the background.
 */
final class Report
{
    /**
     * @param int                 $tag     what Client::enqueueEvent() was given
     * @param ?Event              $event   the event, if it was created
     * @param ?ExceptionInterface $error   why not, as Client::createEvent() would have thrown it; it is not
     *                                     thrown, and its trace is that of the poll
     */
    public function __construct(
        public readonly int $tag,
        public readonly Outcome $outcome,
        public readonly ?Event $event,
        public readonly ?ExceptionInterface $error,
    ) {
    }
}
