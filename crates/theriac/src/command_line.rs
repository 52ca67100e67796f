//! The command as a page tells it.

use std::env;

/// The command as it was typed.
pub fn command() -> String {
    let quoted = |word: String| if word.contains(char::is_whitespace) { format!("\"{word}\"") } else { word };
    let typed = env::args_os().skip(1).map(|word| quoted(word.to_string_lossy().into_owned()));
    std::iter::once("theriac".to_owned()).chain(typed).collect::<Vec<_>>().join(" ")
}
