//! The painter on the graphics processor: one `gl.POINTS` call over the ring of hops.
//!
//! Only new hops are sent, twelve bytes each; where they are is worked out in the vertex shader. A browser may take the
//! context away at any time (the laptop sleeps, the driver restarts): the ring and the tracks stay on this side, and all is sent again
//! when the context returns.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use js_sys::{Float32Array, Uint32Array};
use scalescope::base::SimTime;
use scalescope::scene::dots::{self, Record, Survey};
use scalescope::scene::looks::{LOOKS, colours, plain_colours};
use scalescope::scene::{DotField, Frame, Picture, Tracks};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Event, HtmlCanvasElement, WebGl2RenderingContext as Gl, WebGlBuffer, WebGlContextAttributes, WebGlPowerPreference,
    WebGlProgram, WebGlShader, WebGlTexture, WebGlUniformLocation,
};

use super::shader;

const RECORD_BYTES: usize = size_of::<Record>();

pub struct GlPainter {
    gl: Gl,
    resources: Option<Resources>,
    watch: Watch,
    size: (u16, u16),
    are_tracks_sent: bool,
    /// Hops sent so far, counted as [`DotField::pushed`].
    sent: u64,
    is_blank: bool,
}

impl GlPainter {
    pub fn new(canvas: &HtmlCanvasElement) -> Result<Self, String> {
        let attributes = WebGlContextAttributes::new();
        attributes.set_alpha(true);
        attributes.set_antialias(false);
        attributes.set_depth(false);
        attributes.set_power_preference(WebGlPowerPreference::HighPerformance);
        let context = canvas.get_context_with_context_options("webgl2", &attributes).ok().flatten();
        let gl: Gl = context.and_then(|context| context.dyn_into().ok()).ok_or("the canvas gives no WebGL2 context")?;
        let resources = Some(Resources::new(&gl)?);
        let watch = Watch::new(canvas);
        Ok(Self { gl, resources, watch, size: (1, 1), are_tracks_sent: false, sent: 0, is_blank: true })
    }

    pub fn set_size(&mut self, width: u16, height: u16) {
        self.size = (width, height);
        self.is_blank = false;
    }

    pub fn tracks_changed(&mut self) {
        self.are_tracks_sent = false;
    }

    pub fn draw(&mut self, picture: &Picture, frame: &Frame) -> Survey {
        let survey = picture.field.survey(frame.previous, frame.now);
        if !self.gl.is_context_lost() {
            self.draw_known(picture, frame, survey);
        }
        survey
    }

    fn draw_known(&mut self, picture: &Picture, frame: &Frame, survey: Survey) {
        if self.watch.was_restored.take() {
            self.start_again();
        }
        // What is empty and was so need not be drawn again.
        let Some(resources) = self.resources.as_ref().filter(|_| survey.visible > 0 || !self.is_blank) else { return };
        if !std::mem::replace(&mut self.are_tracks_sent, true) {
            resources.send_tracks(&self.gl, &picture.tracks);
        }
        resources.send_hops(&self.gl, &picture.field, self.sent);
        self.sent = picture.field.pushed();

        let (width, height) = (i32::from(self.size.0), i32::from(self.size.1));
        self.gl.viewport(0, 0, width, height);
        self.gl.clear_color(0.0, 0.0, 0.0, 0.0);
        self.gl.clear(Gl::COLOR_BUFFER_BIT);
        self.is_blank = survey.visible == 0;
        if self.is_blank {
            return;
        }
        resources.set_uniforms(&self.gl, picture, frame, self.size);
        resources.draw_layer(&self.gl, &picture.field, 0);
        if survey.failures > 0 {
            resources.draw_layer(&self.gl, &picture.field, 1);
        }
    }

    /// After the context was lost, nothing that was made in it exists.
    fn start_again(&mut self) {
        self.are_tracks_sent = false;
        self.is_blank = false;
        self.sent = 0;
        self.resources = match Resources::new(&self.gl) {
            Ok(resources) => Some(resources),
            Err(error) => {
                web_sys::console::error_1(&JsValue::from_str(&error));
                None
            }
        };
    }
}

/// What lives in the context.
struct Resources {
    hops: WebGlBuffer,
    tracks: WebGlTexture,
    uniforms: Uniforms,
}

struct Uniforms {
    now: Option<WebGlUniformLocation>,
    previous: Option<WebGlUniformLocation>,
    camera: Option<WebGlUniformLocation>,
    canvas: Option<WebGlUniformLocation>,
    dots: Option<WebGlUniformLocation>,
    layer: Option<WebGlUniformLocation>,
    colours: Option<WebGlUniformLocation>,
    page: Option<WebGlUniformLocation>,
    is_plain: Option<WebGlUniformLocation>,
}

impl Resources {
    fn new(gl: &Gl) -> Result<Self, String> {
        let program = link(gl)?;
        gl.use_program(Some(&program));
        let find = |name| gl.get_uniform_location(&program, name);
        let uniforms = Uniforms {
            now: find("now"),
            previous: find("previous"),
            camera: find("camera"),
            canvas: find("canvas"),
            dots: find("dots"),
            layer: find("layer"),
            colours: find("colours"),
            page: find("page"),
            is_plain: find("is_plain"),
        };

        let hops = gl.create_buffer().ok_or("no buffer for hops")?;
        gl.bind_buffer(Gl::ARRAY_BUFFER, Some(&hops));
        gl.buffer_data_with_i32(Gl::ARRAY_BUFFER, int(DotField::CAPACITY * RECORD_BYTES), Gl::DYNAMIC_DRAW);
        gl.enable_vertex_attrib_array(0);
        gl.vertex_attrib_i_pointer_with_i32(0, 3, Gl::UNSIGNED_INT, int(RECORD_BYTES), 0);

        let tracks = gl.create_texture().ok_or("no texture for tracks")?;
        gl.bind_texture(Gl::TEXTURE_2D, Some(&tracks));
        for (parameter, value) in [(Gl::TEXTURE_MIN_FILTER, Gl::NEAREST), (Gl::TEXTURE_MAG_FILTER, Gl::NEAREST)] {
            gl.tex_parameteri(Gl::TEXTURE_2D, parameter, value.cast_signed());
        }
        gl.enable(Gl::BLEND);
        gl.blend_func(Gl::ONE, Gl::ONE_MINUS_SRC_ALPHA);
        Ok(Self { hops, tracks, uniforms })
    }

    fn send_tracks(&self, gl: &Gl, tracks: &Tracks) {
        const WIDTH: usize = Tracks::PLACES * Tracks::PER_ROW;
        let empty = [[0.0; 4]; WIDTH];
        let table = if tracks.table().is_empty() { &empty } else { tracks.table() };
        let (width, height) = (int(WIDTH), int(table.len() / WIDTH));
        let places = Float32Array::from(table.as_flattened());
        gl.bind_texture(Gl::TEXTURE_2D, Some(&self.tracks));
        let sent = gl.tex_image_2d_with_i32_and_i32_and_i32_and_format_and_type_and_opt_array_buffer_view(
            Gl::TEXTURE_2D,
            0,
            Gl::RGBA32F.cast_signed(),
            width,
            height,
            0,
            Gl::RGBA,
            Gl::FLOAT,
            Some(&places),
        );
        if let Err(error) = sent {
            web_sys::console::error_1(&error);
        }
    }

    /// Sends all hops from number `sent` on that still matter.
    fn send_hops(&self, gl: &Gl, field: &DotField, sent: u64) {
        gl.bind_buffer(Gl::ARRAY_BUFFER, Some(&self.hops));
        for stretch in stretches(field, sent.max(field.first())) {
            let start = int(stretch.start * RECORD_BYTES);
            let words = Uint32Array::from(field.slots()[stretch].as_flattened());
            gl.buffer_sub_data_with_i32_and_array_buffer_view(Gl::ARRAY_BUFFER, start, &words);
        }
    }

    fn set_uniforms(&self, gl: &Gl, picture: &Picture, frame: &Frame, (width, height): (u16, u16)) {
        let to = &self.uniforms;
        let time = |place: &Option<WebGlUniformLocation>, time: SimTime| {
            gl.uniform2ui(place.as_ref(), time.as_nanos() as u32, dots::high(time.as_nanos()));
        };
        time(&to.now, frame.now);
        time(&to.previous, frame.previous);
        gl.uniform3f(to.camera.as_ref(), frame.camera.scale, frame.camera.x, frame.camera.y);
        gl.uniform2f(to.canvas.as_ref(), f32::from(width), f32::from(height));
        gl.uniform4f(to.dots.as_ref(), frame.radius, frame.rim, frame.lanes[0], frame.lanes[1]);
        let unit = |colour: [u8; 3]| colour.map(|part| f32::from(part) / 255.0);
        let colours = if frame.is_plain { plain_colours } else { colours };
        let colours: [[f32; 3]; LOOKS.len()] = colours(&picture.palette).map(unit);
        gl.uniform1i(to.is_plain.as_ref(), i32::from(frame.is_plain));
        gl.uniform3fv_with_f32_array(to.colours.as_ref(), colours.as_flattened());
        gl.uniform3fv_with_f32_array(to.page.as_ref(), &unit(picture.palette.page()));
    }

    fn draw_layer(&self, gl: &Gl, field: &DotField, layer: i32) {
        gl.uniform1i(self.uniforms.layer.as_ref(), layer);
        for stretch in stretches(field, field.first()) {
            gl.draw_arrays(Gl::POINTS, int(stretch.start), int(stretch.len()));
        }
    }
}

/// The slots of the hops from number `from` to the last, without empty stretches.
fn stretches(field: &DotField, from: u64) -> impl Iterator<Item = Range<usize>> {
    field.stretches(from).into_iter().filter(|stretch| !stretch.is_empty())
}

/// A count as `WebGL` takes it; the ring is far smaller than what fits.
fn int(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn link(gl: &Gl) -> Result<WebGlProgram, String> {
    let program = gl.create_program().ok_or("no program")?;
    gl.attach_shader(&program, &compile(gl, Gl::VERTEX_SHADER, &shader::vertex())?);
    gl.attach_shader(&program, &compile(gl, Gl::FRAGMENT_SHADER, &shader::fragment())?);
    gl.link_program(&program);
    if gl.get_program_parameter(&program, Gl::LINK_STATUS).is_truthy() {
        Ok(program)
    } else {
        Err(format!("the shaders do not link: {}", gl.get_program_info_log(&program).unwrap_or_default()))
    }
}

fn compile(gl: &Gl, kind: u32, source: &str) -> Result<WebGlShader, String> {
    let shader = gl.create_shader(kind).ok_or("no shader")?;
    gl.shader_source(&shader, source);
    gl.compile_shader(&shader);
    if gl.get_shader_parameter(&shader, Gl::COMPILE_STATUS).is_truthy() {
        Ok(shader)
    } else {
        Err(format!("a shader does not compile: {}", gl.get_shader_info_log(&shader).unwrap_or_default()))
    }
}

type Listener = (&'static str, Closure<dyn FnMut(Event)>);

/// Hears when the canvas loses its context and gets it back.
struct Watch {
    canvas: HtmlCanvasElement,
    was_restored: Rc<Cell<bool>>,
    listeners: [Listener; 2],
}

impl Watch {
    fn new(canvas: &HtmlCanvasElement) -> Self {
        let was_restored = Rc::new(Cell::new(false));
        let flag = Rc::clone(&was_restored);
        // A context comes back only to those who say that they expect it.
        let lost = Closure::<dyn FnMut(Event)>::new(|event: Event| event.prevent_default());
        let restored = Closure::<dyn FnMut(Event)>::new(move |_| flag.set(true));
        let listeners = [("webglcontextlost", lost), ("webglcontextrestored", restored)];
        for (name, listener) in &listeners {
            // Adding a listener fails only for a missing function.
            let _ = canvas.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        }
        Self { canvas: canvas.clone(), was_restored, listeners }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        for (name, listener) in &self.listeners {
            let _ = self.canvas.remove_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        }
    }
}
