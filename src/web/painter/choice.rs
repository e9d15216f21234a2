//! Which painter suits this machine.
//!
//! `failIfMajorPerformanceCaveat` does not reject every software renderer, so the renderer's name decides. What the name does not tell,
//! the measured pace of the first frames does ([`super::pace`]).

use wasm_bindgen::JsCast;
use web_sys::{HtmlCanvasElement, WebGl2RenderingContext as Gl, WebglDebugRendererInfo, WebglLoseContext};

/// Parts of the names of renderers that have no graphics processor.
const SOFTWARE: [&str; 7] = ["swiftshader", "llvmpipe", "softpipe", "software", "basic render", "swrast", "lavapipe"];

/// How dots are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PainterKind {
    /// On the graphics processor, by `WebGL2`.
    Gl,
    /// By the library's rasteriser.
    Pixels,
}

impl PainterKind {
    /// The kind called `name` in the page's address: `gl` or `pixels`.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "gl" => Some(Self::Gl),
            "pixels" => Some(Self::Pixels),
            _ => None,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Gl => "gl",
            Self::Pixels => "pixels",
        }
    }

    /// The kind that is fast here, as far as names tell.
    pub fn for_this_machine() -> Self {
        match renderer() {
            Some(name) if !is_software(&name) => Self::Gl,
            _ => Self::Pixels,
        }
    }
}

/// Whether this is the name of a renderer without a graphics processor.
fn is_software(renderer: &str) -> bool {
    let renderer = renderer.to_lowercase();
    SOFTWARE.iter().any(|name| renderer.contains(name))
}

/// The name of the renderer behind `WebGL2`; none if there is no `WebGL2`.
fn renderer() -> Option<String> {
    let document = web_sys::window()?.document()?;
    let canvas: HtmlCanvasElement = document.create_element("canvas").ok()?.dyn_into().ok()?;
    let gl: Gl = canvas.get_context("webgl2").ok()??.dyn_into().ok()?;
    let has_details = gl.get_extension("WEBGL_debug_renderer_info").is_ok_and(|found| found.is_some());
    let field = if has_details { WebglDebugRendererInfo::UNMASKED_RENDERER_WEBGL } else { Gl::RENDERER };
    let name = gl.get_parameter(field).ok().and_then(|name| name.as_string());
    // A page may only have so many contexts: this one is given back now and not when it is collected.
    if let Ok(Some(extension)) = gl.get_extension("WEBGL_lose_context") {
        extension.unchecked_into::<WebglLoseContext>().lose_context();
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_is_told_by_its_name() {
        for name in [
            "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)",
            "llvmpipe (LLVM 15.0.6, 256 bits)",
            "ANGLE (Microsoft, Microsoft Basic Render Driver Direct3D11 vs_5_0 ps_5_0, D3D11)",
            "Software Rasterizer",
        ] {
            assert!(is_software(name), "{name}");
        }
        for name in [
            "ANGLE (Intel, Mesa Intel(R) UHD Graphics 620 (KBL GT2), OpenGL 4.6)",
            "ANGLE (Apple, ANGLE Metal Renderer: Apple M1, Unspecified Version)",
            "GeForce GTX 980, or similar",
            "Adreno (TM) 640",
        ] {
            assert!(!is_software(name), "{name}");
        }
    }

    #[test]
    fn a_kind_is_found_by_its_name() {
        for kind in [PainterKind::Gl, PainterKind::Pixels] {
            assert_eq!(PainterKind::by_name(kind.name()), Some(kind));
        }
    }
}
