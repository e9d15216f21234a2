use super::*;
use crate::base::SimTime;
use crate::observe::{Hop, HopKind, Operation};
use crate::scene::looks::proportions::PALENESS;
use crate::scene::{Camera, LinkPath, Palette, Point, Tracks};

/// One link from left to right across 48 × 14 pixels.
fn picture() -> Picture {
    let points = [4.0, 16.0, 32.0, 44.0].map(|x| Point::new(x, 7.0));
    let mut picture = Picture::new();
    picture.tracks = Tracks::new(&[LinkPath { link: 0, points }]);
    picture
}

fn push(picture: &mut Picture, kind: HopKind, operation: Operation, depart: u64) {
    let (depart, arrive) = (SimTime::from_nanos(depart), SimTime::from_nanos(depart + 1_000));
    let is_backward = matches!(kind, HopKind::Answer | HopKind::Failure);
    let hop = Hop { link: 0, kind, operation, is_backward, depart, arrive };
    picture.field.push(SimTime::ZERO, &hop.encode(SimTime::ZERO));
}

fn draw(raster: &mut Raster, picture: &mut Picture, now: u64) -> Area {
    let frame = picture.frame(SimTime::from_nanos(now - 10), SimTime::from_nanos(now));
    let (changed, survey) = raster.draw(picture, &frame);
    assert_eq!(survey.visible, picture.field.survey(frame.previous, frame.now).visible);
    picture.saw(survey);
    changed
}

/// The picture as letters: R G B for the strongest part, lower case where faint, `o` for the page's colour.
fn letters(raster: &Raster) -> String {
    let letter = |pixel: &[u8; 4]| match *pixel {
        [_, _, _, 0..32] => '.',
        [r, g, b, _] if r.min(g).min(b) > 180 => 'o',
        [r, g, b, alpha] => {
            let letter = if r >= g && r >= b {
                'R'
            } else if g >= b {
                'G'
            } else {
                'B'
            };
            if alpha > 200 { letter } else { letter.to_ascii_lowercase() }
        }
    };
    let rows = raster.pixels().chunks_exact(raster.width() as usize * 4);
    rows.map(|row| row.as_chunks::<4>().0.iter().map(letter).collect::<String>() + "\n").collect()
}

#[test]
fn requests_are_filled_and_keep_to_the_right() {
    let mut picture = picture();
    for (i, operation) in Operation::ALL[..3].iter().copied().enumerate() {
        push(&mut picture, HopKind::Request, operation, 300 * i as u64);
    }
    let mut raster = Raster::new(48, 20);
    draw(&mut raster, &mut picture, 800);
    insta::assert_snapshot!(letters(&raster));
}

#[test]
fn answers_are_hollow_and_failures_are_crosses() {
    let mut picture = picture();
    picture.camera = Camera { y: 6.0, ..Camera::default() };
    for (i, operation) in Operation::ALL[..3].iter().copied().enumerate() {
        push(&mut picture, HopKind::Answer, operation, 250 * i as u64);
    }
    push(&mut picture, HopKind::Failure, Operation::Read, 690);
    let mut raster = Raster::new(48, 20);
    draw(&mut raster, &mut picture, 800);
    insta::assert_snapshot!(letters(&raster));
}

#[test]
fn every_operation_has_a_shape_of_its_own() {
    let mut pictures: Vec<Vec<u8>> = Vec::new();
    let mut seen = String::new();
    for operation in Operation::ALL {
        let mut picture = picture();
        picture.palette.operations = [[0, 0, 0, 255]; Operation::ALL.len()];
        push(&mut picture, HopKind::Request, operation, 300);
        let mut raster = Raster::new(48, 20);
        draw(&mut raster, &mut picture, 800);
        assert!(!pictures.iter().any(|other| other == raster.pixels()), "{} looks like another", operation.name());
        pictures.push(raster.pixels().to_vec());
        if !operation.is_basic() {
            let picture = letters(&raster);
            let rows: Vec<&str> = picture.lines().skip(6).map(|row| &row[14..34]).collect();
            seen.extend([operation.name(), "\n", &rows.join("\n"), "\n"]);
        }
    }
    insta::assert_snapshot!(seen);
}

#[test]
fn replication_is_a_ring_and_a_check_a_speck() {
    let mut picture = picture();
    picture.palette = Palette::dark();
    push(&mut picture, HopKind::Replication, Operation::Write, 0);
    push(&mut picture, HopKind::Check, Operation::Static, 500);
    let mut raster = Raster::new(48, 20);
    draw(&mut raster, &mut picture, 800);
    insta::assert_snapshot!(letters(&raster));
}

#[test]
fn a_frame_leaves_nothing_of_the_last() {
    let mut picture = picture();
    push(&mut picture, HopKind::Request, Operation::Write, 0);
    push(&mut picture, HopKind::Answer, Operation::Static, 100);
    let mut raster = Raster::new(48, 20);
    let first = draw(&mut raster, &mut picture, 300);
    let second = draw(&mut raster, &mut picture, 700);
    let mut fresh = Raster::new(48, 20);
    draw(&mut fresh, &mut picture, 700);
    assert_eq!(raster.pixels(), fresh.pixels());
    assert!(second.left <= first.left && first.right <= second.right, "what was wiped counts as changed");

    draw(&mut raster, &mut picture, 9_000);
    assert!(raster.pixels().as_chunks::<4>().0.iter().all(|pixel| pixel[3] == 0));
    assert!(draw(&mut raster, &mut picture, 9_100).is_empty(), "an empty picture need not be shown again");
}

#[test]
fn what_lies_beyond_the_border_is_cut_off() {
    let mut picture = picture();
    for i in 0..100 {
        push(&mut picture, HopKind::Request, Operation::Read, i * 10);
        push(&mut picture, HopKind::Failure, Operation::Read, i * 10);
    }
    for (x, y, scale) in [(-1e9, 1e9, 1.0), (f32::NAN, 0.0, 1.0), (-20.0, 9.0, 4.0), (1e38, 1e38, 1e30)] {
        picture.camera = Camera { scale, x, y };
        for (width, height) in [(48, 14), (1, 1), (0, 0), (0, 5), (7, 0)] {
            draw(&mut Raster::new(width, height), &mut picture, 900);
        }
    }
}

#[test]
fn a_great_many_dots_are_plain_squares_and_failures_lie_on_top() {
    let mut picture = picture();
    for i in 0..25_000 {
        push(&mut picture, HopKind::Request, Operation::Static, i % 1_000);
    }
    push(&mut picture, HopKind::Failure, Operation::Read, 400);
    let mut raster = Raster::new(48, 20);
    draw(&mut raster, &mut picture, 900);
    let pixels = raster.pixels().as_chunks::<4>().0;
    let [red, green, blue] = plain_colours(&picture.palette)[FAILURE];
    let red = pixels.iter().filter(|pixel| **pixel == [red, green, blue, 255]).count();
    assert!(
        [1.0, 1.25, 1.5].iter().any(|radius| plain_side(FAILURE, *radius).pow(2).unsigned_abs() as usize == red),
        "{red} pixels"
    );
    assert!(pixels.iter().all(|pixel| [0, 255].contains(&pixel[3])), "no soft edges");
    let pale = plain_colours(&picture.palette)[Operation::ALL.len()];
    let full = plain_colours(&picture.palette)[0];
    assert!(PALENESS > 0.0 && pale != full, "answers can be told from requests");
}

#[test]
fn laying_over_is_exact_at_both_ends() {
    for below in [[10, 20, 30, 255], [10, 20, 30, 0]] {
        assert_eq!(mix(below, [200, 100, 50, 0]), below);
        assert_eq!(mix(below, [200, 100, 50, 255]), [200, 100, 50, 255]);
    }
    assert_eq!(mix([10, 20, 30, 255], [200, 100, 50, 128]), [105, 60, 40, 255]);
    assert_eq!(mix([10, 20, 30, 0], [10, 20, 30, 128]), [10, 20, 30, 128], "a rim on an empty page");
}
