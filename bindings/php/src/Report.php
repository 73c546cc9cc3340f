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
     * @param int                 $tag     the tag that was given to Client::enqueueEvent()
     * @param ?Event              $event   the event, if it was created
     * @param ?ExceptionInterface $error   why the event was not created: what Client::createEvent() would
     *                                     have thrown. Its trace is that of poll()
     */
    public function __construct(
        public readonly int $tag,
        public readonly Outcome $outcome,
        public readonly ?Event $event,
        public readonly ?ExceptionInterface $error,
    ) {
    }
}
