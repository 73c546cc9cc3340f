//! The HTTP contract as values: requests, answers, problem details. No sockets.

mod answer;
mod link;
mod page;
mod problem;
mod request;

pub use answer::{Failure, Reply, Success, interpret};
pub use page::{ListQuery, Order, PageEnd};
pub use request::{Endpoint, Method, Request};
