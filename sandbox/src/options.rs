//! The options with which a sandbox starts.

use clap::ValueEnum;

/// How a sandbox behaves. The default is plain HTTP with the documented rules.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Options {
    /// Serve https, with a certificate from a CA made for this run
    #[arg(long)]
    pub tls: bool,

    /// Which characters an event type may contain after `custom:`
    #[arg(long, value_enum, default_value_t, value_name = "RULES")]
    pub type_rules: TypeRules,

    /// What a listing's filter `event_type` does with a custom type
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub event_type_filter: EventTypeFilter,

    /// How the links of a listing's page name other pages
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub page_links: PageLinks,
}

/// The two readings of Vonage's rule for event types.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum TypeRules {
    /// Letters, digits, `-` and `_`
    #[default]
    Documented,
    /// Also `:`, as in `custom:poll:question`
    Namespaced,
}

/// What a listing's filter `event_type` does with a custom type. Vonage only says that the filter
/// does not support custom types.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum EventTypeFilter {
    /// The list is empty
    #[default]
    MatchesNothing,
    /// The answer is 400
    Refuses,
    /// The filter is ignored
    IgnoresCustom,
    /// The list has the events of that type, as for any other type
    Exact,
}

/// How the links of a listing's page name other pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum PageLinks {
    /// With `cursor`, as Vonage's do
    #[default]
    Cursor,
    /// With `page`, a number from 1
    PageNumber,
    /// `next` says that there is another page, but not which one
    Unfollowable,
}
