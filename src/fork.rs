//! State that belongs to one process: a child that inherits it by `fork` gets its own.

use once_cell::race::OnceBox;

use crate::platform;

/// A value for each process that uses it.
///
/// What a child inherits may be locked by a thread that the child does not have, and its
/// connections are the parent's: the child neither uses nor drops it. It is never looked at
/// before the process is known, and no lock is taken to find that out.
pub struct PerProcess<T> {
    first: Node<T>,
}

struct Node<T> {
    process: u64,
    /// Taken out only to be dropped or forgotten.
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
    /// Begins with this process's value.
    pub fn new(value: T) -> PerProcess<T> {
        PerProcess { first: Node::new(value) }
    }

    /// Begins without a value: a static needs no lock to be made then.
    pub const fn empty() -> PerProcess<T> {
        // No process has this name.
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

    /// This process's value, made now if this is a child that has none yet.
    ///
    /// Threads that come at once may each make one; one of them is kept. It is made outside
    /// the cell, so that a child of the child cannot inherit a cell that is being filled.
    pub fn get_or_make(&self, make: impl Fn() -> T) -> &T {
        loop {
            if let Some(value) = self.get() {
                return value;
            }
            let mut last = &self.first;
            while let Some(next) = last.next.get() {
                last = next;
            }
            // Another thread's is as good.
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

    /// As a child sees it: the first value is of another process.
    fn inherited(value: Arc<()>) -> PerProcess<Arc<()>> {
        let mut inherited = PerProcess::new(value);
        inherited.first.process = 0;
        inherited
    }

    #[test]
    fn a_child_makes_its_own_once() {
        let (parents, own) = (Arc::new(()), Arc::new(()));
        let state = inherited(Arc::clone(&parents));
        assert!(state.get().is_none());
        assert!(Arc::ptr_eq(state.get_or_make(|| Arc::clone(&own)), &own));
        assert!(Arc::ptr_eq(state.get_or_make(|| unreachable!()), &own));
        drop(state);
        assert_eq!(Arc::strong_count(&parents), 2, "the parent's is abandoned");
        assert_eq!(Arc::strong_count(&own), 1, "its own is dropped");
    }

    #[test]
    fn in_its_own_process_nothing_is_made_or_abandoned() {
        let value = Arc::new(());
        let state = PerProcess::new(Arc::clone(&value));
        assert!(Arc::ptr_eq(state.get_or_make(|| unreachable!()), &value));
        drop(state);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
