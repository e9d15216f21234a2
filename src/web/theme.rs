//! Light, dark, or as the system has it; remembered by the browser.

use super::dom;

const KEY: &str = "scalescope-theme";
pub const IS_DARK: &str = "(prefers-color-scheme: dark)";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub fn remembered() -> Self {
        let name = dom::local_storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
        match name.as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::Auto,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The one after this, for a button that goes round.
    pub fn next(self) -> Self {
        match self {
            Self::Auto => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::Auto,
        }
    }

    pub fn is_dark(self) -> bool {
        match self {
            Self::Auto => dom::matches_media(IS_DARK),
            Self::Light => false,
            Self::Dark => true,
        }
    }

    /// Shows the page in this theme; the style sheet reads `data-theme`.
    pub fn apply(self) {
        if let Some(root) = dom::document().document_element() {
            // Setting a plain attribute cannot fail.
            let _ = root.set_attribute("data-theme", self.name());
        }
    }

    pub fn remember(self) {
        if let Some(storage) = dom::local_storage() {
            // A browser that does not let us remember is asked again next time.
            let _ = storage.set_item(KEY, self.name());
        }
    }
}
