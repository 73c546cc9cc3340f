//! Custom events in Vonage conversations.
