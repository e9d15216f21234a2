//! The app: the one component that knows everything that is shown, and that carries out what people want.
//!
//! Panels get what they show as properties and send [`Intent`]s; frames go past Yew, straight to the stage's view.

mod bench;
mod deeds;
mod drawing;
mod focus;
mod history;
mod keep;
mod news;
mod shown;
mod startup;

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::{DragEvent, KeyboardEvent};
use yew::prelude::*;

use scalescope::engine::Entry;
use scalescope::observe::Figures;

use crate::chooser::{Heard, Trying};
use crate::clock::Clock;
use crate::dom::{self, Listener};
use crate::editor::Editor;
use crate::input::{Intent, intent_callback};
use crate::keeping::sheet::{self, designs};
use crate::keeping::state::Run;
use crate::keeping::store::Kept;
use crate::painter::PainterKind;
use crate::palette::{Commands, Parts};
use crate::panels::bench::Bench;
use crate::panels::chooser::chooser;
use crate::panels::fatal::Fatal;
use crate::panels::help::help;
use crate::panels::metrics::Metrics;
use crate::panels::toasts::{Toast, Toasts};
use crate::panels::topbar::TopBar;
use crate::panels::transport::Transport;
use crate::panels::users::UsersSlider;
use crate::protocol::{Design, Frame};
use crate::pulse::Pulse;
use crate::session::{Event, Session};
use crate::stage::{SharedView, Stage};
use crate::theme::Theme;

pub use history::{History, Series};
pub use news::sentence;
pub use shown::Shown;
pub use startup::{Start, mount};

pub enum Msg {
    Do(Intent),
    Key(KeyboardEvent),
    /// The space bar is pressed, or let go.
    Space(bool),
    /// Something has been done, in words.
    Say(&'static str),
    /// Figures, ten times a second at most; or another stride.
    Frame(Frame),
    Engine(Event),
    /// The comparison of databases has come further.
    Tried(Heard),
    /// The system has changed between light and dark.
    SystemTheme,
    /// The time of a toast is over.
    Expired(u32),
}

/// What was copied, for the browser's own events of the clipboard.
type Clipboard = Rc<RefCell<Option<Rc<str>>>>;

/// The slot of the one session; shared with the pulse.
type Slot = Rc<RefCell<Option<Rc<RefCell<Session>>>>>;

#[expect(clippy::struct_excessive_bools, reason = "each stands for something that is so or not")]
pub struct App {
    slot: Slot,
    view: SharedView,
    /// What is drawn: what the engine has, and edits that are on their way to it. None before the engine's first word.
    shown: Option<Rc<Shown>>,
    /// What the engine has.
    confirmed: Option<Rc<Shown>>,
    /// Commands that the engine has not answered yet.
    pending: u32,
    editor: Editor,
    clipboard: Clipboard,
    /// When the space bar was pressed, while it is.
    space_ms: Option<f64>,
    is_sheet_shown: bool,
    kept: Rc<Vec<Kept>>,
    /// Waits for a moment of rest to write the state down.
    saver: Option<Timeout>,
    /// The kinds of database that are being compared.
    trying: Option<Trying>,
    /// Whether the address says nothing of the design any more.
    is_address_free: bool,
    link: yew::html::Scope<Self>,
    /// The design to begin the next run with: what was last loaded, with all edits since.
    document: Rc<str>,
    /// The design that the present run began with, and what was done to it since.
    begun: Rc<str>,
    journal: Vec<Entry>,
    /// The run that is being taken up again.
    replay: Option<Rc<Run>>,
    figures: Rc<Figures>,
    history: Rc<History>,
    stride: u32,
    scenario: Option<usize>,
    seed: u64,
    /// What the person has chosen, through all scenarios.
    users: Option<u32>,
    speed: f64,
    is_playing: bool,
    pace: f64,
    is_racing: bool,
    selected: Option<Rc<str>>,
    bench: Bench,
    theme: Theme,
    is_help_shown: bool,
    toasts: Vec<Toast>,
    next_toast: u32,
    news: news::News,
    runs: u32,
    fatal: Option<Rc<str>>,
    /// What the address asks for.
    painter: Option<PainterKind>,
    /// So many made-up dots, if the address asks for them.
    parade: usize,
    /// Held for as long as the app lives.
    #[expect(dead_code)]
    pulse: Pulse,
    #[expect(dead_code)]
    listeners: Vec<Listener>,
}

impl Component for App {
    type Message = Msg;
    type Properties = Start;

    fn create(ctx: &Context<Self>) -> Self {
        startup::create(ctx)
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Do(intent) => {
                if let Some(intent) = self.at_bench(ctx, intent) {
                    self.carry_out(ctx, intent);
                }
            }
            Msg::Key(event) => self.key(ctx, &event),
            Msg::Space(is_down) => self.space(is_down),
            Msg::Say(text) => self.toast(ctx, text, false),
            Msg::Frame(frame) => {
                self.frame(frame);
                self.end_replay();
            }
            Msg::Engine(event) => self.engine(ctx, event),
            Msg::Tried(heard) => self.tried(ctx, heard),
            Msg::SystemTheme => self.show_theme(),
            Msg::Expired(id) => self.toasts.retain(|toast| toast.id != id),
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let on_intent = ctx.link().callback(Msg::Do);
        let class = classes!("app", self.is_bench_open().then_some("has-inspector"));
        let editor = &self.editor;
        html! {
            <div {class} oncontextmenu={ctx.link().batch_callback(bench::menu_under)} ondragover={Callback::from(|event: DragEvent| event.prevent_default())}
                ondrop={intent_callback(&on_intent, |event: DragEvent| dropped(&event))}>
                <TopBar scenario={self.scenario} name={self.name()} seed={self.seed} theme={self.theme} on_intent={on_intent.clone()} />
                <Metrics figures={self.figures.clone()} history={self.history.clone()} />
                <main class="floor">
                    if let Some(shown) = &self.shown {
                        <Parts is_open={editor.is_palette_open} on_intent={on_intent.clone()} />
                        <Stage view={self.view.clone()} shown={shown.clone()} figures={self.figures.clone()}
                            selected={self.selected.clone()} selection={editor.selection.clone()} linking={editor.linking.clone()}
                            renaming={editor.renaming.clone()} is_hand={editor.is_hand} can_undo={editor.past.can_undo()}
                            can_redo={editor.past.can_redo()} stride={self.stride} painter={self.painter}
                            news={self.news.latest.clone()} on_intent={on_intent.clone()} />
                        { self.panel(shown, &on_intent) }
                        { self.rail(&on_intent) }
                    }
                </main>
                { self.strip(&on_intent) }
                <footer class="dock">
                    <Transport is_playing={self.is_playing} speed={self.speed} pace={self.pace} is_racing={self.is_racing}
                        is_replaying={self.replay.is_some()} now_s={self.figures.now_s} on_intent={on_intent.clone()} />
                    { self.users_slider(&on_intent) }
                </footer>
                <Toasts toasts={self.toasts.clone()} on_intent={on_intent.clone()} />
                { self.menu(&on_intent) }
                if self.is_help_shown { { help(&on_intent) } }
                if self.is_sheet_shown {
                    { designs(&sheet::Props { name: self.name(), kept: self.kept.clone(), on_intent: on_intent.clone() }) }
                }
                if let Some(trying) = &self.trying { { chooser(trying, &on_intent) } }
                if editor.is_commands_shown {
                    <Commands shown={self.shown.clone()} hand={self.hand()} on_intent={on_intent.clone()} />
                }
                if let Some(message) = &self.fatal {
                    <Fatal message={message.clone()} {on_intent} />
                }
            </div>
        }
    }
}

impl App {
    fn name(&self) -> String {
        self.shown.as_ref().map_or_else(String::new, |shown| shown.document.name.clone())
    }

    fn users_slider(&self, on_intent: &Callback<Intent>) -> Html {
        let Some((users, rate)) = self.shown.as_ref().and_then(|shown| shown.users()) else {
            return Html::default();
        };
        let users = self.users.unwrap_or(users);
        html! { <UsersSlider {users} rate_per_user_per_s={rate} on_intent={on_intent.clone()} /> }
    }

    fn frame(&mut self, frame: Frame) {
        self.stride = frame.stride.max(1);
        let Some(figures) = frame.figures else { return };
        if let Some(shown) = &self.shown {
            self.news.compare(&self.figures, &figures, &shown.document, dom::now_ms());
        }
        if figures.now_s > self.figures.now_s {
            Rc::make_mut(&mut self.history).push(&figures);
            self.bench.log(&figures, dom::now_ms());
        }
        self.figures = Rc::from(figures);
        self.note_scheduled();
        if let Some(clock) = self.with_session(|session| session.clock().clone()) {
            (self.pace, self.is_racing) = (clock.pace(), clock.is_racing());
        }
    }

    fn engine(&mut self, ctx: &Context<Self>, event: Event) {
        match event {
            Event::Loaded(design) => self.loaded(ctx, design),
            Event::Redesigned(design) => self.redesigned(ctx, design),
            Event::Done { command, now_ns } => {
                self.pending = self.pending.saturating_sub(1);
                self.journal.push(Entry { at_ns: now_ns, command: command.clone() });
                if let Some(shown) = &self.shown {
                    self.news.done(&command, &shown.document, now_ns);
                    self.bench.note(&command, &shown.document, now_ns as f64 / 1e9);
                }
            }
            Event::Refused(problems) => {
                self.pending = self.pending.saturating_sub(1);
                if self.pending == 0 {
                    self.shown.clone_from(&self.confirmed);
                }
                for problem in problems.0 {
                    self.toast(ctx, &problem.to_string(), true);
                }
            }
            Event::Complained(problems) => {
                for problem in problems.0 {
                    self.toast(ctx, &format!("What was scheduled could not be done: {problem}"), true);
                }
            }
            Event::Watched(watched) => self.watched(watched),
            Event::Picked(serial) => self.picked(ctx, serial),
            Event::Fatal(message) => self.die(&message),
            Event::Frame(..) => {}
        }
    }

    fn loaded(&mut self, ctx: &Context<Self>, design: Design) {
        self.runs += 1;
        self.pending = 0;
        self.figures = Rc::default();
        self.history = Rc::default();
        self.news.reset();
        self.bench.restart();
        self.watch();
        self.view.borrow_mut().clear();
        self.begun = design.document.as_str().into();
        self.journal.clear();
        self.begin_replay(&design);
        self.redesigned(ctx, design);
        if let Some(shown) = &self.shown {
            self.news.tell(&format!("{}, seed {}", shown.document.name, self.seed));
            if self.selected.as_deref().is_some_and(|id| shown.document.node(id).is_none()) {
                self.selected = None;
            }
        }
    }

    fn redesigned(&mut self, ctx: &Context<Self>, design: Design) {
        // The designs that a run goes through while it is taken up again are not where it ends.
        if self.replay.is_none() {
            self.remember(&design.document);
        }
        match Shown::new(self.runs, design) {
            Ok(shown) => self.confirmed = Some(Rc::new(shown)),
            Err(problem) => return self.toast(ctx, &problem, true),
        }
        dom::document()
            .set_title(&format!("{} · Scalescope", self.confirmed.as_ref().map_or("", |own| &own.document.name)));
        // What is still on its way to the engine is shown already, and shall not go and come back.
        if self.pending == 0 {
            self.shown.clone_from(&self.confirmed);
        }
        self.save_soon();
    }

    /// Remembers the design, so that a restart of the page or of the engine can begin with it.
    fn remember(&mut self, document: &str) {
        self.document = document.into();
        startup::remember(document);
    }

    fn die(&mut self, message: &str) {
        if self.fatal.is_none() {
            self.fatal = Some(message.into());
            // Nothing more is to be had from this worker.
            self.slot.borrow_mut().take();
        }
    }

    fn with_session<T>(&self, act: impl FnOnce(&mut Session) -> T) -> Option<T> {
        let session = self.slot.borrow().clone();
        session.map(|session| act(&mut session.borrow_mut()))
    }

    /// A new engine, with the present speed, for the present design.
    fn start_engine(&mut self, ctx: &Context<Self>) {
        let clock = Clock::new(self.speed, self.is_playing);
        match Session::start(clock, self.parade, startup::listener(ctx, &self.view)) {
            Ok(session) => {
                self.load_into(&mut session.borrow_mut());
                *self.slot.borrow_mut() = Some(session);
            }
            Err(message) => self.fatal = Some(message.as_str().into()),
        }
    }

    fn show_theme(&mut self) {
        self.theme.apply();
        self.view.borrow_mut().set_dark(self.theme.is_dark());
    }
}

/// The file that was dropped.
fn dropped(event: &DragEvent) -> Option<Intent> {
    event.prevent_default();
    event.data_transfer()?.files()?.get(0).map(Intent::Open)
}
