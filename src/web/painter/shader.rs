//! The shaders. Their numbers come from the library's looks and tracks, so that both painters draw the same.

use scalescope::scene::Tracks;
use scalescope::scene::looks::{FAILURE, LOOKS, Look, proportions};

/// Finds where a hop is: the same as `scene::dots` and `scene::tracks`, on the graphics processor.
pub fn vertex() -> String {
    let constants = constants();
    format!("#version 300 es\n{constants}{VERTEX}")
}

/// Paints a dot: the same as `scene::raster::sprites`.
pub fn fragment() -> String {
    let constants = constants();
    format!("#version 300 es\n{constants}{FRAGMENT}")
}

fn constants() -> String {
    use proportions::{
        BAR, BOW_TIE, CROSS, DIAMOND, DIAMONDS, DISCS, FUNNEL, HEXAGON, HOLLOWNESS, OUTLINE, RING, SQUARE,
    };
    let floats = [
        ("SQUARE", SQUARE),
        ("DIAMOND", DIAMOND),
        ("DISCS", DISCS),
        ("HEXAGON", HEXAGON),
        ("FUNNEL", FUNNEL),
        ("HOLLOWNESS", HOLLOWNESS),
    ];
    let pairs = [
        ("CROSS", CROSS),
        ("RING", RING),
        ("BAR", BAR),
        ("BOW_TIE", BOW_TIE),
        ("DIAMONDS", DIAMONDS),
        ("OUTLINE", OUTLINE),
    ];
    let integers =
        [("PLACES", Tracks::PLACES), ("PER_ROW", Tracks::PER_ROW), ("FAILURE", FAILURE), ("LOOKS", LOOKS.len())];
    let flag = |is_set: bool| if is_set { "1.0" } else { "0.0" }.to_string();

    let mut text = String::from("precision highp float;\nprecision highp int;\n");
    text.extend(floats.map(|(name, value)| format!("const float {name} = {value:?};\n")));
    text.extend(pairs.map(|(name, [a, b])| format!("const vec2 {name} = vec2({a:?}, {b:?});\n")));
    text.extend(integers.map(|(name, value)| format!("const int {name} = {value};\n")));
    text += &of_looks("int", "SHAPE", |look| (look.shape as u8).to_string());
    text += &of_looks("float", "SIZE", |look| format!("{:?}", look.size));
    text += &of_looks("float", "EXTENT", |look| format!("{:?}", look.shape.extent()));
    text += &of_looks("float", "IS_HOLLOW", |look| flag(look.is_hollow));
    text
}

/// A constant array with a value for each look.
fn of_looks(kind: &str, name: &str, value: impl Fn(&Look) -> String) -> String {
    let (count, values) = (LOOKS.len(), LOOKS.iter().map(value).collect::<Vec<_>>().join(", "));
    format!("const {kind} {name}[{count}] = {kind}[{count}]({values});\n")
}

const VERTEX: &str = r"
layout(location = 0) in uvec3 hop;
uniform highp sampler2D tracks;
uniform uvec2 now, previous;  // low and high part
uniform vec3 camera;          // scale, x, y: from the drawing to pixels
uniform vec2 canvas;          // size in pixels
uniform vec4 dots;            // radius, rim, least and greatest distance from the middle of the link
uniform int layer;            // 0: all but failures, 1: failures
uniform bool is_plain;        // squares without a rim
flat out int look;
flat out vec3 extent;         // radius, rim, side

int look_of(uint bits) {
    return min(int(bits & 31u), LOOKS - 1);
}

// Seconds since departure, below zero before it.
float elapsed(uvec2 at) {
    uint low = at.x - hop.y;
    uint borrow = at.x < hop.y ? 1u : 0u;
    uint high = (at.y - (hop.x >> 22) - borrow) & 0x3ffu;
    return high < 0x200u ? float(high) * 4.294967 + float(low) * 1e-9 : -1.0;
}

vec2 chances() {
    uint bits = (hop.y ^ hop.x) * 0x9e3779b1u;
    uint first = (bits ^ (bits >> 15)) * 0x85ebca77u;
    uint second = (first ^ (first >> 13)) * 0xc2b2ae3du;
    return vec2(first >> 8, second >> 8) / 16777216.0;
}

void main() {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);  // outside of what is shown
    gl_PointSize = 1.0;
    look = look_of((hop.x >> 16) & 0x3fu);
    float duration = uintBitsToFloat(hop.z);
    float after = elapsed(now), before = elapsed(previous);
    if ((look == FAILURE) != (layer == 1) || after < 0.0 || (before >= 0.0 && before >= duration)) return;

    vec2 chance = chances();
    float travelled = after / duration;
    if (after >= duration) {
        float start = before < 0.0 ? 0.0 : before / duration;
        travelled = start + (1.0 - start) * chance.x;
    }
    bool is_backward = ((hop.x >> 21) & 1u) != 0u;
    float along = clamp(is_backward ? 1.0 - travelled : travelled, 0.0, 1.0) * float(PLACES - 1);

    int link = int(hop.x & 0xffffu);
    ivec2 start = ivec2(link % PER_ROW * PLACES, link / PER_ROW);
    if (start.y >= textureSize(tracks, 0).y) return;
    int i = min(int(along), PLACES - 2);
    vec4 a = texelFetch(tracks, start + ivec2(i, 0), 0);
    vec4 b = texelFetch(tracks, start + ivec2(i + 1, 0), 0);
    if (a.zw == vec2(0.0)) return;
    vec4 place = mix(a, b, along - float(i));
    float lane = mix(dots.z, dots.w, chance.y);
    vec2 middle = place.xy * camera.x + camera.yz + place.zw * (is_backward ? -lane : lane);

    float radius = dots.x * SIZE[look], rim = dots.y;
    float side = ceil(2.0 * (radius * EXTENT[look] + rim) + 2.0);
    if (is_plain) {
        side = max(floor(2.0 * radius + 0.5), 1.0);
        middle = floor(middle - side / 2.0 + 0.5) + side / 2.0;
    }
    extent = vec3(radius, rim, side);
    gl_Position = vec4(middle / canvas * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
    gl_PointSize = extent.z;
}
";

const FRAGMENT: &str = r"
uniform vec3 colours[LOOKS];
uniform vec3 page;
uniform bool is_plain;
flat in int look;
flat in vec3 extent;
out vec4 pixel;

float outline_distance(int shape, vec2 at, float radius) {
    float down = at.y;
    at = abs(at);
    if (shape == 0) return max(at.x, at.y) - SQUARE * radius;
    if (shape == 1) return length(at) - radius;
    if (shape == 2) return (at.x + at.y - DIAMOND * radius) * 0.70710678;
    if (shape == 3) {
        vec2 turned = vec2(at.x + at.y, abs(at.x - at.y)) * 0.70710678 - CROSS * radius;
        return max(turned.x, turned.y);
    }
    if (shape == 4) return abs(length(at) - RING.x * radius) - RING.y * radius;
    if (shape == 5) return length(at - vec2(DISCS * radius, 0.0)) - DISCS * radius;
    if (shape == 6) return max(at.x, 0.5 * at.x + 0.8660254 * at.y) - HEXAGON * radius;
    if (shape == 7) return max(at.x - BAR.x * radius, at.y - BAR.y * radius);
    if (shape == 8) return max(-down, 0.8660254 * at.x + 0.5 * down) - FUNNEL * radius;
    if (shape == 9) return max(at.x - BOW_TIE.x * radius, 0.8 * at.y - 0.6 * at.x - BOW_TIE.y * radius);
    return (abs(at.x - DIAMONDS.x * radius) + at.y - DIAMONDS.y * radius) * 0.70710678;
}

float coverage(float distance) {
    return clamp(0.5 - distance, 0.0, 1.0);
}

void main() {
    if (is_plain) {
        pixel = vec4(colours[look], 1.0);
        return;
    }
    vec2 at = (gl_PointCoord - 0.5) * extent.z;
    float distance = outline_distance(SHAPE[look], at, extent.x);
    float opacity = coverage(distance - extent.y);
    float outline = max(OUTLINE.x * extent.x, OUTLINE.y);
    float inner = IS_HOLLOW[look] * coverage(distance + outline) * HOLLOWNESS;
    vec3 colour = mix(colours[look], page, 1.0 - coverage(distance) * (1.0 - inner));
    pixel = vec4(colour * opacity, opacity);
}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_constant_is_a_literal_of_the_shading_language() {
        for text in [vertex(), fragment()] {
            assert!(text.starts_with("#version 300 es\n"), "the version must be the very first line");
            let size = format!("const float SIZE[{0}] = float[{0}](1.0, ", LOOKS.len());
            assert!(text.contains(&size), "{text}");
            assert!(!text.contains("NaN") && !text.contains("inf"));
        }
    }
}
