//! Drawing: what the app does to the design, and to what is selected of it, when a hand or a key wants it.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use scalescope::base::Kind;
use scalescope::model::{Document, Edit, Node, NodeKind, Position};
use scalescope::scene::{CardSize, NodeBox, Point};

use super::App;
use super::focus::focus;
use crate::dom;
use crate::editor::past::Change;
use crate::editor::snap::GRID;
use crate::editor::{Draw, Selection, arrange, clip, connect, names, place, tiers, together};
use crate::input::Way;

/// Distance of a card that is added beside another one.
const BESIDE: f32 = 96.0;
/// How far what is pasted stands from what was copied.
const ASIDE: f32 = 32.0;

impl App {
    pub(super) fn draw(&mut self, ctx: &Context<Self>, draw: Draw) {
        match draw {
            Draw::Add { kind, at } => self.add(ctx, kind, at),
            Draw::Grow(node) => self.grow(ctx, &node),
            Draw::Link { from, to } => self.link(ctx, &from, &to),
            Draw::BeginLink(node) => {
                focus(&node);
                self.news.tell(&format!("Link from {}: choose what it calls; Escape gives up", self.label(&node)));
                self.editor.linking = Some(node);
            }
            Draw::EndLink => self.editor.linking = None,
            Draw::Move(corners) => self.move_to(ctx, corners),
            Draw::Nudge { x, y } => {
                let moved = |card: NodeBox| (Rc::from(card.id), Point::new(card.x + x, card.y + y));
                let corners = self.selected_cards().into_iter().map(moved).collect();
                self.move_to(ctx, corners);
            }
            Draw::Align(side) => {
                let cards = self.selected_cards();
                self.move_to(ctx, arrange::align(&cards.iter().collect::<Vec<_>>(), side));
            }
            Draw::Spread { is_across } => {
                let cards = self.selected_cards();
                self.move_to(ctx, arrange::spread(&cards.iter().collect::<Vec<_>>(), is_across));
            }
            Draw::Select(nodes) => self.select(Selection::of(nodes)),
            Draw::Toggle(node) => {
                let selection = self.editor.selection.toggled(&node);
                self.select(selection);
            }
            Draw::SelectAll => {
                let all = self.design().nodes.iter().map(|node| node.id.as_str().into()).collect();
                self.select(Selection::of(all));
            }
            Draw::SelectLink(link) => self.select(Selection::of_link(link)),
            Draw::Delete => self.delete(ctx),
            Draw::Copy => self.copy(),
            Draw::Cut => {
                self.copy();
                self.delete(ctx);
            }
            Draw::Paste(text) => self.paste(ctx, text),
            Draw::Duplicate => self.duplicate(ctx),
            Draw::BeginRename(node) => {
                self.editor.renaming = Some(node);
                Timeout::new(0, focus_rename).forget();
            }
            Draw::Rename { node, label } => self.rename(ctx, &node, &label),
            Draw::EndRename => {
                if let Some(node) = self.editor.renaming.take() {
                    focus(&node);
                }
            }
            Draw::Group => {
                if let Some(edit) = tiers::group(self.design(), &self.editor.selection.nodes) {
                    self.edit(ctx, edit);
                }
            }
            Draw::Ungroup => {
                if let Some(edit) = tiers::ungroup(self.design(), &self.editor.selection.nodes) {
                    self.edit(ctx, edit);
                }
            }
            Draw::NameTier(name) => {
                if let Some(edit) = tiers::rename(self.design(), &self.editor.selection.nodes, &name) {
                    self.edit(ctx, edit);
                }
            }
            Draw::PutInto { nodes, region } => {
                if let Some(edit) = tiers::put_into(self.design(), &nodes, &region) {
                    self.edit(ctx, edit);
                }
            }
            Draw::Undo => self.step_back(ctx, false),
            Draw::Redo => self.step_back(ctx, true),
            Draw::Tidy => self.tidy(ctx),
            Draw::FitSelection => self.fit_selection(),
            Draw::ActualSize => self.view.borrow_mut().actual_size(),
            Draw::Hand(is_hand) => self.editor.is_hand = is_hand,
            Draw::ShowPalette(is_open) => self.editor.is_palette_open = is_open,
            Draw::ShowCommands(is_shown) => self.editor.is_commands_shown = is_shown,
        }
    }

    /// The design as it is now; an empty one before the engine's first word.
    fn design(&self) -> &Document {
        static NOTHING: std::sync::LazyLock<Document> = std::sync::LazyLock::new(Document::empty);
        self.shown.as_ref().map_or(&NOTHING, |shown| &shown.document)
    }

    fn label(&self, id: &str) -> String {
        self.design().node(id).map_or_else(|| id.to_owned(), |node| node.label().to_owned())
    }

    fn select(&mut self, selection: Selection) {
        self.editor.linking = None;
        self.selected = None;
        self.editor.selection = Rc::new(selection);
    }

    fn selected_cards(&self) -> Vec<NodeBox> {
        let view = self.view.borrow();
        let layout = &view.map().layout;
        self.editor.selection.nodes.iter().filter_map(|id| layout.node(id).cloned()).collect()
    }

    /// Edits that fix every card where the layout has put it: from the first move of a hand on, nothing else moves.
    fn pins(&self, but: &[Rc<str>]) -> Vec<Edit> {
        let view = self.view.borrow();
        let is_free = |node: &&Node| node.position.is_none() && !but.iter().any(|id| **id == *node.id);
        let card =
            |node: &Node| view.map().layout.node(&node.id).map(|card| place(&node.id, Point::new(card.x, card.y)));
        self.design().nodes.iter().filter(is_free).filter_map(card).collect()
    }

    fn card_size(&self) -> CardSize {
        let view = self.view.borrow();
        view.map().card_size(view.size())
    }

    /// A free corner beside a node's card.
    pub(super) fn corner_beside(&self, node: &str, way: Way) -> Option<Position> {
        let view = self.view.borrow();
        let card = view.map().layout.node(node)?;
        let corner = match way {
            Way::Right => Point::new(card.x + card.w + BESIDE, card.y),
            _ => Point::new(card.x, card.y + card.h + BESIDE / 2.0),
        };
        let Point { x, y } = view.map().free_corner(corner, self.card_size());
        Some(Position { x, y })
    }

    /// Adds a node: under a point of the window, beside what is selected, or in the middle.
    fn add(&mut self, ctx: &Context<Self>, kind: Kind, client: Option<Point>) {
        let card = self.card_size();
        let half = Point::new(card.w / 2.0, card.h / 2.0);
        let corner = if let Some(client) = client {
            // Let go beside the drawing: the person has changed their mind.
            let Some(at) = self.view.borrow().scene_at(client) else { return };
            at - half
        } else {
            let beside = self.editor.selection.single().cloned().and_then(|id| self.corner_beside(&id, Way::Right));
            let middle = || {
                let view = self.view.borrow();
                view.map().free_corner(view.middle() - half, card)
            };
            beside.map_or_else(middle, |at| Point::new(at.x, at.y))
        };
        let on_grid = |value: f32| (value / GRID).round() * GRID;
        let position = Some(Position { x: on_grid(corner.x), y: on_grid(corner.y) });
        let (id, label) = names::fresh(self.design(), kind);
        let node =
            Box::new(Node { id: id.clone(), label: Some(label), position, region: None, kind: NodeKind::of(kind) });
        let mut edits = self.pins(&[]);
        edits.push(Edit::AddNode { node, links: Vec::new(), records: Vec::new() });
        self.view.borrow_mut().hold();
        if let Some(edit) = together(edits)
            && self.edit(ctx, edit)
        {
            self.select(Selection::of(vec![id.into()]));
            self.reveal_soon();
            // Where the palette lies over the drawing, it gives way to what was added.
            let is_narrow = self.view.borrow().is_narrow();
            self.editor.is_palette_open &= !is_narrow;
        }
    }

    /// Adds what `from` most often calls, to its right and linked to it, in one step.
    fn grow(&mut self, ctx: &Context<Self>, from: &str) {
        let Some(kind) = self.design().node(from).map(Node::kind) else { return };
        let usual = connect::usual_callee(kind);
        let kinds = usual.into_iter().chain(Kind::ALL);
        let position = self.corner_beside(from, Way::Right);
        let grown = kinds.map(NodeKind::of).find_map(|kind| {
            let (id, label) = names::fresh(self.design(), kind.kind());
            let node = Box::new(Node { id: id.clone(), label: Some(label), position, region: None, kind });
            let add = Edit::AddNode { node, links: Vec::new(), records: Vec::new() };
            let with = self.design().edited(&add).ok()?;
            let link = connect::link(&with, from, &id).ok()?;
            Some((id, vec![add, link]))
        });
        let Some((id, edits)) = grown else {
            let text = format!("{} calls nobody more.", self.label(from));
            return self.toast(ctx, &text, false);
        };
        let edits = self.pins(&[]).into_iter().chain(edits).collect();
        self.view.borrow_mut().hold();
        if self.edit(ctx, Edit::Many { edits }) {
            self.select(Selection::of(vec![id.as_str().into()]));
            self.reveal_soon();
            Timeout::new(50, move || focus(&id)).forget();
        }
    }

    /// The layout knows a new card only with the next drawing of the page.
    fn reveal_soon(&self) {
        let (view, selection) = (self.view.clone(), self.editor.selection.clone());
        Timeout::new(30, move || {
            if let Some(id) = selection.single() {
                view.borrow_mut().reveal(id);
            }
        })
        .forget();
    }

    fn link(&mut self, ctx: &Context<Self>, from: &str, to: &str) {
        match connect::link(self.design(), from, to) {
            Ok(edit) => {
                self.editor.linking = None;
                self.edit(ctx, edit);
            }
            Err(why) => self.toast(ctx, &why, true),
        }
    }

    fn move_to(&mut self, ctx: &Context<Self>, corners: Vec<(Rc<str>, Point)>) {
        let moved: Vec<Rc<str>> = corners.iter().map(|(id, _)| id.clone()).collect();
        let mut edits = self.pins(&moved);
        edits.extend(corners.into_iter().map(|(id, corner)| place(&id, corner)));
        self.view.borrow_mut().hold();
        if let Some(edit) = together(edits) {
            self.edit(ctx, edit);
        }
        if let [node] = &moved[..]
            && !self.editor.selection.has(node)
        {
            let is_open = self.selected.is_some();
            self.select(Selection::of(moved.clone()));
            self.selected = is_open.then(|| node.clone());
        }
    }

    fn delete(&mut self, ctx: &Context<Self>) {
        let selection = self.editor.selection.clone();
        let edits = match &selection.link {
            Some(link) => vec![connect::cut(self.design(), &link.from, &link.to)],
            None => selection.nodes.iter().map(|id| Edit::RemoveNode { node: id.to_string() }).collect(),
        };
        if let Some(edit) = together(edits) {
            self.edit(ctx, edit);
        }
    }

    fn copy(&mut self) {
        let text = clip::copy(self.design(), &self.view.borrow().map().layout, &self.editor.selection.nodes);
        if let Some(text) = text {
            let text: Rc<str> = text.into();
            *self.clipboard.borrow_mut() = Some(text.clone());
            self.editor.copied = Some(text);
            self.editor.pastes = 0;
            self.news.tell(&format!("{} copied", count_of(&self.editor.selection.nodes)));
        }
    }

    fn paste(&mut self, ctx: &Context<Self>, text: Option<Rc<str>>) {
        // Other programs' texts mean nothing here: what was copied here does.
        let is_design = |text: &Rc<str>| text.trim_start().starts_with('{');
        let text = text.filter(is_design).or_else(|| self.editor.copied.clone());
        let Some(text) = text else { return };
        if self.editor.copied.as_ref() != Some(&text) {
            (self.editor.copied, self.editor.pastes) = (Some(text.clone()), 0);
        }
        self.editor.pastes += 1;
        let aside = ASIDE * self.editor.pastes as f32;
        self.insert(ctx, &text, Point::new(aside, aside));
    }

    fn duplicate(&mut self, ctx: &Context<Self>) {
        let text = clip::copy(self.design(), &self.view.borrow().map().layout, &self.editor.selection.nodes);
        if let Some(text) = text {
            self.insert(ctx, &text, Point::new(ASIDE, ASIDE));
        }
    }

    fn insert(&mut self, ctx: &Context<Self>, text: &str, aside: Point) {
        match clip::paste(self.design(), text, aside) {
            Ok((edit, nodes)) => {
                let edits = self.pins(&[]).into_iter().chain([edit]).collect();
                self.view.borrow_mut().hold();
                if self.edit(ctx, Edit::Many { edits }) {
                    self.select(Selection::of(nodes));
                }
            }
            Err(why) => self.toast(ctx, &why, true),
        }
    }

    fn rename(&mut self, ctx: &Context<Self>, node: &str, label: &str) {
        // The field also speaks when it goes away: by then its word does not count.
        if self.editor.renaming.take().as_deref() != Some(node) {
            return;
        }
        let label = label.trim();
        if !label.is_empty() && label != self.label(node) {
            self.edit(ctx, Edit::Label { node: node.to_owned(), label: Some(label.to_owned()) });
        }
        focus(node);
    }

    fn step_back(&mut self, ctx: &Context<Self>, is_redo: bool) {
        let past = &mut self.editor.past;
        let change = if is_redo { past.redo() } else { past.undo() };
        match change {
            None => self.news.tell(if is_redo { "Nothing to do again" } else { "Nothing to undo" }),
            Some(Change::Whole { back, forth }) => {
                self.users = None;
                self.load_whole(if is_redo { forth } else { back });
            }
            Some(Change::Edit { back, forth }) => {
                let edit = if is_redo { forth } else { back };
                match self.design().edited(&edit) {
                    Ok(document) => {
                        self.apply(edit, document);
                        self.users = self.users.and_then(|_| self.shown.as_ref()?.users().map(|(users, _)| users));
                    }
                    Err(problems) => {
                        let text =
                            format!("The design is another by now, and this does not fit it any more: {problems}");
                        self.toast(ctx, &text, true);
                    }
                }
            }
        }
    }

    fn tidy(&mut self, ctx: &Context<Self>) {
        let placed = self.design().nodes.iter().filter(|node| node.position.is_some());
        let edits: Vec<Edit> = placed.map(|node| Edit::Place { node: node.id.clone(), position: None }).collect();
        if let Some(edit) = together(edits) {
            self.edit(ctx, edit);
        }
        let view = self.view.clone();
        Timeout::new(30, move || view.borrow_mut().fit(true)).forget();
    }

    fn fit_selection(&mut self) {
        let selection = &self.editor.selection;
        let ends = selection.link.iter().flat_map(|link| [link.from.clone(), link.to.clone()]);
        let nodes: Vec<Rc<str>> = selection.nodes.iter().cloned().chain(ends).collect();
        let around = self.view.borrow().map().around(&nodes);
        match around {
            Some(rect) => self.view.borrow_mut().look_at(rect.grown(30.0)),
            None => self.view.borrow_mut().fit(true),
        }
    }
}

fn count_of(nodes: &[Rc<str>]) -> String {
    if nodes.len() == 1 { "One node".to_owned() } else { format!("{} nodes", nodes.len()) }
}

/// The field for a name gets the old one, all of it selected, and the focus.
fn focus_rename() {
    let field = dom::document().query_selector("input.rename").ok().flatten();
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) {
        field.set_value(&field.get_attribute("data-value").unwrap_or_default());
        // An element without focus needs none.
        let _ = field.focus();
        field.select();
    }
}
