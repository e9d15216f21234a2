//! The pulse: one call for each animation frame, for as long as it is held.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use super::dom;

type Frame = Closure<dyn FnMut(f64)>;

pub struct Pulse {
    next: Rc<Cell<i32>>,
    /// The closure asks for itself again.
    _frame: Rc<RefCell<Option<Frame>>>,
}

impl Pulse {
    /// Calls `beat` with the frame's time in milliseconds.
    pub fn start(mut beat: impl FnMut(f64) + 'static) -> Self {
        let next = Rc::new(Cell::new(0));
        let frame = Rc::new(RefCell::new(None::<Frame>));
        let (own, slot) = (frame.clone(), next.clone());
        *frame.borrow_mut() = Some(Closure::new(move |wall_ms: f64| {
            slot.set(request(&own));
            beat(wall_ms);
        }));
        next.set(request(&frame));
        Self { next, _frame: frame }
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        // The cycle through the closure lives as long as the page; its callbacks stop here.
        let _ = dom::window().cancel_animation_frame(self.next.get());
    }
}

fn request(frame: &Rc<RefCell<Option<Frame>>>) -> i32 {
    let frame = frame.borrow();
    let callback = frame.as_ref().map(|closure| closure.as_ref().unchecked_ref());
    callback.and_then(|callback| dom::window().request_animation_frame(callback).ok()).unwrap_or_default()
}
