//! What a hand is in the midst of on the stage: carrying cards, drawing a frame, reaching for a card to link; and what comes of it.

use std::rc::Rc;

use yew::prelude::*;

use scalescope::scene::{NodeBox, Point, Rect};

use super::hands::{Act, Ended, Grip};
use super::overlay::{self, Reach, Verdict};
use super::{Props, Stage};
use crate::editor::snap::{self, Snapped};
use crate::editor::{Draw, connect};
use crate::input::Intent;

/// What a hand is in the midst of.
pub enum Doing {
    Carry { nodes: Vec<Rc<str>>, snapped: Snapped },
    Frame(Rect),
    Reach { to: Point, over: Option<Rc<str>>, verdict: Verdict },
}

impl Stage {
    pub(super) fn act(&mut self, ctx: &Context<Self>, act: Act) {
        let Props { view, selection, shown, .. } = ctx.props();
        match act {
            Act::Carry { nodes, by } => {
                let nodes = match &nodes[..] {
                    [node] if selection.has(node) => selection.nodes.clone(),
                    _ => nodes,
                };
                let Some(around) = self.rest.around(&nodes) else { return };
                let is_other = |card: &&NodeBox| nodes.iter().all(|node| **node != *card.id);
                let others: Vec<Rect> = self.rest.layout.nodes.iter().filter(is_other).map(NodeBox::rect).collect();
                let snapped = snap::snap(around, by, &others, view.borrow().camera().scale);
                self.map = Rc::new(self.rest.moved(&nodes, snapped.by, &shown.links));
                view.borrow_mut().carry(self.map.clone());
                self.doing = Some(Doing::Carry { nodes, snapped });
            }
            Act::Frame { from, to } => self.doing = Some(Doing::Frame(Rect::between(from, to))),
            Act::Reach { from, to } => self.reach(ctx, &from, to),
        }
    }

    pub(super) fn reach(&mut self, ctx: &Context<Self>, from: &str, to: Point) {
        let over: Option<Rc<str>> =
            self.map.at(to).filter(|card| *card.id != *from).map(|card| card.id.as_str().into());
        // What is to be said about a node is found out once, not with every move.
        let known = match self.doing.take() {
            Some(Doing::Reach { over: same, verdict, .. }) if same == over => Some(verdict),
            _ => None,
        };
        let document = &ctx.props().shown.document;
        let label = |id: &str| document.node(id).map_or(id.to_owned(), |node| node.label().to_owned());
        let verdict = known.unwrap_or_else(|| match over.as_deref() {
            None => Verdict::None,
            Some(to) => match connect::link(document, from, to) {
                Ok(_) => Verdict::Good(format!("Link {} to {}", label(from), label(to))),
                Err(why) => Verdict::Bad(why),
            },
        });
        self.doing = Some(Doing::Reach { to, over, verdict });
    }

    pub(super) fn end(&mut self, ctx: &Context<Self>, ended: Ended) {
        let Props { on_intent, selection, selected, linking, .. } = ctx.props();
        let draw = |draw| on_intent.emit(Intent::Draw(draw));
        match ended {
            Ended::Act(Act::Carry { .. }) => {
                if let Some(Doing::Carry { nodes, .. }) = self.doing.take() {
                    let card = |id: &Rc<str>| Some((id.clone(), self.map.layout.node(id)?.rect()));
                    let corners = nodes.iter().filter_map(card).map(|(id, card)| (id, Point::new(card.x, card.y)));
                    draw(Draw::Move(corners.collect()));
                }
                self.put_back(ctx);
            }
            Ended::Act(Act::Frame { .. }) => {
                if let Some(Doing::Frame(rect)) = self.doing.take() {
                    draw(Draw::Select(self.map.within(rect)));
                }
            }
            Ended::Act(Act::Reach { from, .. }) => {
                if let Some(Doing::Reach { over: Some(to), .. }) = self.doing.take() {
                    draw(Draw::Link { from, to });
                }
            }
            Ended::Click { grip: Grip::Card(node), is_second: true } => draw(Draw::BeginRename(node)),
            Ended::Click { grip: Grip::Handle(node), .. } => draw(Draw::BeginLink(node)),
            Ended::Click { grip: Grip::Frame(nodes), .. } => draw(Draw::Select(nodes)),
            Ended::Click { grip: Grip::Ground | Grip::Corner, .. } => {
                if linking.is_some() {
                    draw(Draw::EndLink);
                } else if !selection.is_empty() || selected.is_some() {
                    draw(Draw::Select(Vec::new()));
                }
            }
            Ended::Nothing | Ended::Click { .. } => {}
        }
    }

    /// Whatever is carried stands where it was.
    pub(super) fn put_back(&mut self, ctx: &Context<Self>) {
        self.doing = None;
        if !Rc::ptr_eq(&self.map, &self.rest) {
            self.map = self.rest.clone();
            ctx.props().view.borrow_mut().carry(self.map.clone());
        }
    }

    /// What a hand is in the midst of, on the drawing.
    pub(super) fn in_hand(&self, ctx: &Context<Self>) -> Html {
        match &self.doing {
            None => Html::default(),
            Some(Doing::Carry { snapped, .. }) => overlay::guides(&snapped.guides),
            Some(Doing::Frame(rect)) => overlay::frame(rect),
            Some(Doing::Reach { to, verdict, .. }) => {
                let from = ctx.props().linking.clone().or_else(|| self.hands.borrow().reaches_from());
                let from = from.and_then(|from| self.map.handle(&from)).unwrap_or(*to);
                overlay::reach(&Reach { from, to: *to, verdict: verdict.clone() })
            }
        }
    }

    /// What is to be said about it, in the window's own units: above the card that it is about, or below where there is no room.
    pub(super) fn hint(&self, ctx: &Context<Self>) -> Html {
        let Some(Doing::Reach { to, over, verdict }) = &self.doing else { return Html::default() };
        let Some(card) = over.as_ref().and_then(|id| self.map.layout.node(id)).map(NodeBox::rect) else {
            return Html::default();
        };
        let view = ctx.props().view.borrow();
        let on_screen = |y: f32| view.camera().to_screen(Point::new(to.x, y));
        overlay::hint(verdict, on_screen(card.y), on_screen(card.bottom()).y, view.size().w)
    }
}
