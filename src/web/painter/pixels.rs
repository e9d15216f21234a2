//! The painter for machines without a graphics processor: the library's rasteriser, put on a 2D canvas once a frame.

use scalescope::scene::dots::Survey;
use scalescope::scene::raster::{Area, Raster};
use scalescope::scene::{Frame, Picture};
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

pub struct PixelPainter {
    context: CanvasRenderingContext2d,
    raster: Raster,
}

impl PixelPainter {
    pub fn new(canvas: &HtmlCanvasElement) -> Result<Self, String> {
        let context = canvas.get_context("2d").ok().flatten().ok_or("the canvas gives no 2d context")?;
        let context = context.dyn_into().map_err(|_| "the canvas gives no 2d context")?;
        Ok(Self { context, raster: Raster::new(0, 0) })
    }

    pub fn set_size(&mut self, width: u16, height: u16) {
        if (self.raster.width(), self.raster.height()) != (i32::from(width), i32::from(height)) {
            self.raster = Raster::new(width, height);
        }
    }

    pub fn draw(&mut self, picture: &Picture, frame: &Frame) -> Survey {
        let (changed, survey) = self.raster.draw(picture, frame);
        // What is changed is only what the canvas shows if the canvas still shows the last frame; a canvas that lost
        // its content shows all again as soon as its dots have moved.
        if !changed.is_empty() && self.put(changed).is_none() {
            web_sys::console::error_1(&"the canvas takes no pixels".into());
        }
        survey
    }

    /// Shows the rows of `changed`, which lie one after the other in memory and so need no copy.
    fn put(&self, changed: Area) -> Option<()> {
        let width = self.raster.width();
        let bytes = (changed.top * width * 4) as usize..(changed.bottom * width * 4) as usize;
        let rows = self.raster.pixels().get(bytes)?;
        let image = ImageData::new_with_u8_clamped_array(Clamped(rows), width as u32).ok()?;
        let Area { left, top, right, bottom } = changed;
        let (x, y) = (f64::from(left), 0.0);
        let (w, h) = (f64::from(right - left), f64::from(bottom - top));
        self.context
            .put_image_data_with_dirty_x_and_dirty_y_and_dirty_width_and_dirty_height(
                &image,
                0.0,
                f64::from(top),
                x,
                y,
                w,
                h,
            )
            .ok()
    }
}
