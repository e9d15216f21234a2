//! What is drawn over the cards while a hand is at work: frames, guides, the link that is being drawn.

use yew::prelude::*;

use scalescope::scene::{Point, Rect};

use crate::editor::snap::Guide;

/// Letters of a line of the hint, and the width of a letter.
const LINE: usize = 46;
const LETTER: f32 = 7.0;

/// A link that is being drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Reach {
    pub from: Point,
    pub to: Point,
    /// What is to be said about the node that it points at.
    pub verdict: Verdict,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Verdict {
    /// It points at nothing.
    #[default]
    None,
    Good(String),
    Bad(String),
}

/// Lines along which a carried card stands in line with others.
pub fn guides(guides: &[Guide]) -> Html {
    let line = |guide: &Guide| {
        let Guide { from, to } = guide;
        html! { <path class="guide" d={format!("M{:.1} {:.1}L{:.1} {:.1}", from.x, from.y, to.x, to.y)} /> }
    };
    guides.iter().map(line).collect()
}

/// The frame that selects what it touches.
pub fn frame(rect: &Rect) -> Html {
    html! {
        <rect class="marquee" x={rect.x.to_string()} y={rect.y.to_string()} width={rect.w.to_string()} height={rect.h.to_string()} />
    }
}

/// The link so far.
pub fn reach(reach: &Reach) -> Html {
    let Reach { from, to, verdict } = reach;
    let class = match verdict {
        Verdict::None => "reach",
        Verdict::Good(_) => "reach is-good",
        Verdict::Bad(_) => "reach is-bad",
    };
    html! {
        <g {class}>
            <path d={format!("M{:.1} {:.1}L{:.1} {:.1}", from.x, from.y, to.x, to.y)} />
            <circle cx={to.x.to_string()} cy={to.y.to_string()} r="6" />
        </g>
    }
}

/// What is to be said, above a point of the field of view, or below another one; within its width.
pub fn hint(verdict: &Verdict, at: Point, below: f32, width: f32) -> Html {
    let (text, class) = match verdict {
        Verdict::None => return Html::default(),
        Verdict::Good(text) => (text, "hint is-good"),
        Verdict::Bad(text) => (text, "hint is-bad"),
    };
    let lines = wrapped(text, LINE.min(((width - 40.0) / LETTER).max(12.0) as usize));
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let (w, h) = (longest as f32 * LETTER + 24.0, lines.len() as f32 * 19.0 + 13.0);
    let x = (at.x - w / 2.0).min(width - w - 8.0).max(8.0);
    let y = if at.y > h + 24.0 { at.y - h - 14.0 } else { below + 14.0 };
    html! {
        <g {class} transform={format!("translate({x:.0} {y:.0})")} data-testid="hint">
            <rect width={w.to_string()} height={h.to_string()} rx="9" />
            { for lines.iter().enumerate().map(|(i, line)| html! {
                <text x="12" y={(21.0 + i as f32 * 19.0).to_string()}>{ line }</text>
            }) }
        </g>
    }
}

/// `text` in lines of at most `width` letters, as far as its words allow.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && line.chars().count() + word.chars().count() >= width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_wrapped_between_words() {
        assert_eq!(wrapped("a database cannot call users", 16), ["a database", "cannot call", "users"]);
        assert_eq!(wrapped("unbreakable", 4), ["unbreakable"]);
    }
}
