//! State that belongs to one process: a child that inherits it by `fork` makes its own.

use once_cell::race::OnceBox;

use crate::platform;

/// A value for each process that uses it.
///
/// A value that a child inherits may be locked by a thread that the child does not have, and its
/// connections belong to the parent. So the child neither uses nor drops it. The process is found
/// out first, without a lock; only then is a value looked at.
pub struct PerProcess<T> {
    first: Node<T>,
}

struct Node<T> {
    process: u64,
    /// `None` only after it was dropped or forgotten, and in an empty first node.
    value: Option<T>,
    /// The value of a child that inherited this one.
    next: OnceBox<Node<T>>,
}

impl<T> Node<T> {
    fn new(value: T) -> Node<T> {
        Node { process: platform::process(), value: Some(value), next: OnceBox::new() }
    }
}

impl<T> PerProcess<T> {
    /// Starts with this process's value.
    pub fn new(value: T) -> PerProcess<T> {
        PerProcess { first: Node::new(value) }
    }

    /// Starts without a value, so that a static needs no lock for its initialisation.
    pub const fn empty() -> PerProcess<T> {
        // No process has the number 0.
        PerProcess { first: Node { process: 0, value: None, next: OnceBox::new() } }
    }

    /// This process's value, if it has one.
    pub fn get(&self) -> Option<&T> {
        let process = platform::process();
        let mut node = &self.first;
        while node.process != process {
            node = node.next.get()?;
        }
        node.value.as_ref()
    }

    /// This process's value, made now if it has none yet.
    ///
    /// Several threads may each make a value at the same time; one of them is kept. Each is made
    /// outside the cell, so that a child of this process cannot inherit a half-filled cell.
    pub fn get_or_make(&self, make: impl Fn() -> T) -> &T {
        loop {
            if let Some(value) = self.get() {
                return value;
            }
            let mut last = &self.first;
            while let Some(next) = last.next.get() {
                last = next;
            }
            // If another thread was first, its value is used.
            let _ = last.next.set(Box::new(Node::new(make())));
        }
    }
}

impl<T> Drop for Node<T> {
    fn drop(&mut self) {
        if self.process != platform::process() {
            std::mem::forget(self.value.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    /// As in a child: the first value belongs to another process.
    fn inherited(value: Arc<()>) -> PerProcess<Arc<()>> {
        let mut inherited = PerProcess::new(value);
        inherited.first.process = 0;
        inherited
    }

    #[test]
    fn a_child_makes_its_own_value_once() {
        let (parents, own) = (Arc::new(()), Arc::new(()));
        let state = inherited(Arc::clone(&parents));
        assert!(state.get().is_none());
        assert!(Arc::ptr_eq(state.get_or_make(|| Arc::clone(&own)), &own));
        assert!(Arc::ptr_eq(state.get_or_make(|| unreachable!()), &own));
        drop(state);
        assert_eq!(Arc::strong_count(&parents), 2, "the parent's value is not dropped");
        assert_eq!(Arc::strong_count(&own), 1, "the child's value is dropped");
    }

    #[test]
    fn the_first_process_keeps_and_drops_its_value() {
        let value = Arc::new(());
        let state = PerProcess::new(Arc::clone(&value));
        assert!(Arc::ptr_eq(state.get_or_make(|| unreachable!()), &value));
        drop(state);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
